# SPDX-License-Identifier: ISC
#
# Libraries that prattled can do without.

# PRATTLE_FEATURE(NAME, PKG-CONFIG-MODULE, DEBIAN-PACKAGE, WHAT-FOR)
# ------------------------------------------------------------------
# --with-NAME=auto|yes|no. `auto`, the default, takes the library if it is there; `yes`
# fails if it is not; `no` does not look. For the name foo this gives:
#
#	HAVE_FOO	in config.h, and as an automake conditional for whole files
#	FOO_CFLAGS	for AM_CPPFLAGS, and
#	FOO_LIBS	for the programs; both are empty without the library
#
# and a line of prattle_features, for configure's summary. For --version a feature also
# has its name in src/app/features.c.
AC_DEFUN([PRATTLE_FEATURE],
    [_PRATTLE_FEATURE([$1], m4_toupper([$1]), [$2], [$3], [$4])])

# _PRATTLE_FEATURE(NAME, NAME-IN-CAPITALS, MODULE, PACKAGE, WHAT-FOR)
AC_DEFUN([_PRATTLE_FEATURE], [
    AC_ARG_WITH([$1],
        [AS_HELP_STRING([--with-$1=auto|yes|no], [$5 @<:@auto@:>@])],
        [], [with_$1=auto])
    AS_CASE([$with_$1],
        [auto | yes], [
            PKG_CHECK_MODULES([$2], [$3], [prattle_have=yes],
                [prattle_have="no (not found; Debian: $4)"])
        ],
        [no], [prattle_have="no (not wanted)"],
        [AC_MSG_ERROR([--with-$1 takes auto, yes or no, not "$with_$1"])])
    AS_CASE([$prattle_have],
        [yes], [AC_DEFINE([HAVE_$2], [1], [Define to 1 to use $1: $5.])], [
            AS_IF([test "$with_$1" = yes],
                [AC_MSG_ERROR([--with-$1: $3 was not found (Debian: package $4)])])
            $2_CFLAGS=
            $2_LIBS=
        ])
    AM_CONDITIONAL([HAVE_$2], [test "$prattle_have" = yes])
    AS_VAR_APPEND([prattle_features], ["
    m4_format([%-16s], [$1])$prattle_have"])
])
