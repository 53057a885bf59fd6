# SPDX-License-Identifier: ISC
#
# Flags of the project's own. Each is tried with this compiler and linker; what is
# accepted goes into PRATTLE_CPPFLAGS, PRATTLE_CFLAGS and PRATTLE_LDFLAGS, which
# Makefile.am uses through AM_*. CFLAGS and its kin belong to whoever builds: they come
# later on the command line and win, and nothing here ever changes them.

# PRATTLE_TRY_CFLAG(FLAG, [IF-ACCEPTED], [IF-REFUSED])
# ----------------------------------------------------
# Add FLAG to PRATTLE_CFLAGS if a program compiles and links with it. -Werror because
# clang only warns about what it does not know.
AC_DEFUN([PRATTLE_TRY_CFLAG], [
    AS_VAR_PUSHDEF([cache], [prattle_cv_cflag_$1])
    AC_CACHE_CHECK([whether $CC accepts $1], [cache], [
        prattle_save_CFLAGS=$CFLAGS
        CFLAGS="$CFLAGS -Werror $1"
        AC_LINK_IFELSE([AC_LANG_PROGRAM()],
            [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
        CFLAGS=$prattle_save_CFLAGS
    ])
    AS_VAR_IF([cache], [yes],
        [AS_VAR_APPEND([PRATTLE_CFLAGS], [" $1"])
        $2],
        [m4_default([$3], [:])])
    AS_VAR_POPDEF([cache])
])

# PRATTLE_TRY_LDFLAG(FLAG)
# ------------------------
# The same for the linker, with the compiler flags found so far.
AC_DEFUN([PRATTLE_TRY_LDFLAG], [
    AS_VAR_PUSHDEF([cache], [prattle_cv_ldflag_$1])
    AC_CACHE_CHECK([whether the linker accepts $1], [cache], [
        prattle_save_CFLAGS=$CFLAGS
        prattle_save_LDFLAGS=$LDFLAGS
        CFLAGS="$CFLAGS -Werror $PRATTLE_CFLAGS"
        LDFLAGS="$LDFLAGS $1"
        AC_LINK_IFELSE([AC_LANG_PROGRAM()],
            [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
        CFLAGS=$prattle_save_CFLAGS
        LDFLAGS=$prattle_save_LDFLAGS
    ])
    AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([PRATTLE_LDFLAGS], [" $1"])])
    AS_VAR_POPDEF([cache])
])

# PRATTLE_C11
# -----------
# The language is C11 without GNU extensions to it; the library's extensions come from
# AC_USE_SYSTEM_EXTENSIONS.
AC_DEFUN([PRATTLE_C11], [
    PRATTLE_TRY_CFLAG([-std=c11], [], [PRATTLE_TRY_CFLAG([-std=gnu11])])
    AC_MSG_CHECKING([whether $CC compiles C11])
    prattle_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS $PRATTLE_CFLAGS"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
        #include <stdalign.h>
        _Static_assert(sizeof(char) == 1, "C11");
        struct pair { struct { int a; }; alignas(16) int b; };
    ]], [[
        struct pair p = {.a = 1};
        return _Generic(p.a, int: p.a, default: 0) - 1;
    ]])], [AC_MSG_RESULT([yes])], [
        AC_MSG_RESULT([no])
        AC_MSG_ERROR([a C11 compiler is needed (gcc 5 or clang 3.6 or later)])
    ])
    CFLAGS=$prattle_save_CFLAGS
])

# PRATTLE_WARNINGS
# ----------------
AC_DEFUN([PRATTLE_WARNINGS], [
    m4_foreach_w([flag], [
        -Wall -Wextra -Wpedantic
        -Walloca -Wcast-qual -Wconversion -Wdouble-promotion
        -Wduplicated-cond -Wfloat-equal -Wformat=2 -Wno-format-nonliteral
        -Wimplicit-fallthrough
        -Winit-self -Wmissing-prototypes -Wold-style-definition
        -Wpointer-arith -Wredundant-decls -Wshadow -Wstrict-prototypes -Wundef
        -Wunused-macros -Wvla -Wwrite-strings
    ], [PRATTLE_TRY_CFLAG(flag)])

    AC_ARG_ENABLE([werror],
        [AS_HELP_STRING([--enable-werror], [treat compiler warnings as errors])],
        [], [enable_werror=no])
    AS_VAR_IF([enable_werror], [no], [],
        [AS_VAR_APPEND([PRATTLE_CFLAGS], [" -Werror"])])
])

# PRATTLE_FUZZING
# ---------------
# Before PRATTLE_SANITIZERS, which it switches on: what fuzzing hits, they notice. All
# is compiled for libFuzzer; FUZZING_LIBS makes a program of a target.
AC_DEFUN([PRATTLE_FUZZING], [
    AC_ARG_ENABLE([fuzzing],
        [AS_HELP_STRING([--enable-fuzzing],
            [build the fuzz targets for libFuzzer (clang only; see tools/fuzz)])],
        [], [enable_fuzzing=no])
    FUZZING_LIBS=
    AS_VAR_IF([enable_fuzzing], [no], [], [
        test -n "$enable_sanitizers" || enable_sanitizers=yes
        AC_MSG_CHECKING([whether $CC has libFuzzer])
        prattle_save_CFLAGS=$CFLAGS
        CFLAGS="$CFLAGS -fsanitize=fuzzer"
        AC_LINK_IFELSE([AC_LANG_SOURCE([[
            int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)
            {
                return data == 0 && size != 0;
            }
        ]])], [AC_MSG_RESULT([yes])], [
            AC_MSG_RESULT([no])
            AC_MSG_ERROR([--enable-fuzzing needs clang with libFuzzer, so CC=clang
    (on Debian the packages clang and libclang-rt-dev)])
        ])
        CFLAGS=$prattle_save_CFLAGS
        AS_VAR_APPEND([PRATTLE_CFLAGS], [" -fsanitize=fuzzer-no-link"])
        # Constants are in the dictionaries; without this it makes twice the runs.
        PRATTLE_TRY_CFLAG([-fno-sanitize-coverage=trace-cmp])
        FUZZING_LIBS=-fsanitize=fuzzer
    ])
    AC_SUBST([FUZZING_LIBS])
    AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" != no])
])

# PRATTLE_SANITIZERS
# ------------------
# Sets prattle_sanitizers to the list, or to "no".
AC_DEFUN([PRATTLE_SANITIZERS], [
    AC_ARG_ENABLE([sanitizers],
        [AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
            [build with sanitizers: address,undefined or the LIST given, as thread])],
        [], [enable_sanitizers=no])
    AS_CASE([$enable_sanitizers],
        [no], [prattle_sanitizers=no],
        [yes], [prattle_sanitizers=address,undefined],
        [prattle_sanitizers=$enable_sanitizers])
    AS_VAR_IF([prattle_sanitizers], [no], [], [
        AC_MSG_CHECKING([whether $CC links with -fsanitize=$prattle_sanitizers])
        prattle_sanitize="-fsanitize=$prattle_sanitizers -fno-sanitize-recover=all"
        prattle_sanitize="$prattle_sanitize -fno-omit-frame-pointer"
        prattle_save_CFLAGS=$CFLAGS
        CFLAGS="$CFLAGS $prattle_sanitize"
        AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])], [
            AC_MSG_RESULT([no])
            AC_MSG_ERROR([this compiler cannot link with these sanitizers
    (with clang on Debian the package libclang-rt-dev has their libraries)])
        ])
        CFLAGS=$prattle_save_CFLAGS
        AS_VAR_APPEND([PRATTLE_CFLAGS], [" $prattle_sanitize"])
    ])
])

# PRATTLE_COVERAGE
# ----------------
AC_DEFUN([PRATTLE_COVERAGE], [
    AC_ARG_ENABLE([coverage],
        [AS_HELP_STRING([--enable-coverage],
            [count which lines are run, for gcov (best with CFLAGS='-g -O0')])],
        [], [enable_coverage=no])
    AS_VAR_IF([enable_coverage], [no], [], [
        PRATTLE_TRY_CFLAG([--coverage], [],
            [AC_MSG_ERROR([this compiler has no --coverage])])
    ])
])

# PRATTLE_FORTIFY
# ---------------
# _FORTIFY_SOURCE wants an optimising compiler, gets in the way of sanitizers, and may
# be set already by the builder or by the distribution's compiler: ask the preprocessor,
# which knows the answer to all of these.
AC_DEFUN([PRATTLE_FORTIFY], [
    AC_CACHE_CHECK([whether to define _FORTIFY_SOURCE], [prattle_cv_fortify], [
        prattle_save_CFLAGS=$CFLAGS
        CFLAGS="$CFLAGS $PRATTLE_CFLAGS"
        AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
            #ifndef __OPTIMIZE__
            #error not optimising
            #endif
            #ifdef _FORTIFY_SOURCE
            #error set already
            #endif
            #if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
            #error sanitizer
            #endif
            #ifdef __has_feature
            #if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) \
                || __has_feature(memory_sanitizer)
            #error sanitizer
            #endif
            #endif
            int only_a_declaration;
        ]])], [
            # Level 3 needs both the compiler's and the C library's help.
            AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
                #include <stdio.h>
                #ifdef __has_builtin
                #if __has_builtin(__builtin_dynamic_object_size) \
                    && defined __GLIBC__ && __GLIBC_PREREQ(2, 35)
                #define LEVEL_3
                #endif
                #endif
                #ifndef LEVEL_3
                #error level 2
                #endif
                int only_a_declaration;
            ]])], [prattle_cv_fortify=3], [prattle_cv_fortify=2])
        ], [prattle_cv_fortify=no])
        CFLAGS=$prattle_save_CFLAGS
    ])
    AS_VAR_IF([prattle_cv_fortify], [no], [],
        [AS_VAR_APPEND([PRATTLE_CPPFLAGS], [" -D_FORTIFY_SOURCE=$prattle_cv_fortify"])])
])

# PRATTLE_HARDENING
# -----------------
# After PRATTLE_SANITIZERS.
AC_DEFUN([PRATTLE_HARDENING], [
    PRATTLE_FORTIFY
    PRATTLE_TRY_CFLAG([-fstack-protector-strong])
    PRATTLE_TRY_CFLAG([-fstack-clash-protection])
    PRATTLE_TRY_CFLAG([-fcf-protection])
    # A static position-independent program wants -static-pie, which only the builder
    # can decide.
    AS_CASE([" $CFLAGS $LDFLAGS "],
        [*' -static '* | *' -no-pie '* | *' -fno-pie '* | *' -fno-PIE '*], [],
        [PRATTLE_TRY_CFLAG([-fPIE], [PRATTLE_TRY_LDFLAG([-pie])])])
    PRATTLE_TRY_LDFLAG([-Wl,-z,relro])
    PRATTLE_TRY_LDFLAG([-Wl,-z,now])
    PRATTLE_TRY_LDFLAG([-Wl,-z,noexecstack])
])
