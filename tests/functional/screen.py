# SPDX-License-Identifier: ISC
"""A window of a real terminal (tmux), in which a client runs and somebody types.

What is on the screen is looked at until it is as it should be: what is drawn in several
pieces is seen half done, but not for long.
"""

import os
import subprocess

from harness import DEADLINE, wait_until


def reap(pid):
    """Is this process gone? Then it is also no zombie of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    return not os.path.exists(f'/proc/{pid}')


class Screen:
    """A window of `columns` and `rows` with a command in it, in a tmux of its own."""

    def __init__(self, tmux, folder, command, columns=80, rows=24):
        self.tmux = tmux
        self.socket = os.path.join(folder, 'tmux')
        self.folder = folder
        # No status line: all rows are the window's. What a client leaves stays there.
        self.run('set-option', '-g', 'status', 'off', ';',
                 'set-option', '-g', 'remain-on-exit', 'on', ';',
                 'set-option', '-g', 'default-terminal', 'screen-256color', ';',
                 'new-session', '-d', '-x', columns, '-y', rows, *command)
        self.pids = [int(pid) for pid in self.ask('#{pid} #{pane_pid}').split()]

    def run(self, *args, **options):
        """What a command of tmux prints."""
        done = subprocess.run(
            [self.tmux, '-S', self.socket, '-f', '/dev/null', '-u', *map(str, args)],
            stdout=subprocess.PIPE, timeout=DEADLINE, check=True, encoding='utf-8',
            cwd=self.folder,
            env={'LC_ALL': 'C.UTF-8', 'PATH': os.environ['PATH'], 'SHELL': '/bin/sh',
                 'HOME': str(self.folder), 'TERM': 'screen'}, **options)
        return done.stdout

    def ask(self, form):
        return self.run('display-message', '-p', form).strip()

    def close(self):
        self.run('kill-server')
        for pid in self.pids:
            wait_until(lambda: reap(pid), f'the end of process {pid}')

    # Typing

    def type(self, text):
        """Type a text, as it is."""
        self.run('send-keys', '-l', '--', text)

    def press(self, *keys):
        """Press keys by tmux's names for them, such as Up, C-r, Enter."""
        self.run('send-keys', '--', *keys)

    def enter(self, text):
        self.type(text)
        self.press('Enter')

    def paste(self, text):
        """Paste as a terminal does: in brackets if the client wants them."""
        self.run('load-buffer', '-', input=text)
        self.run('paste-buffer', '-p')

    def resize(self, columns, rows):
        self.run('resize-window', '-x', columns, '-y', rows)

    # Looking

    def rows(self):
        """The rows down to the last that is not empty, without blanks at their ends."""
        return [row.rstrip() for row in
                self.run('capture-pane', '-p').rstrip('\n').split('\n')]

    def cursor(self):
        """The column and the row of the cursor."""
        column, row = self.ask('#{cursor_x} #{cursor_y}').split()
        return int(column), int(row)

    def look(self):
        """Rows and the cursor: the last row has it, unless something is wrong."""
        rows, (column, row) = self.rows(), self.cursor()
        return rows, column, row

    def wait(self, check, what):
        """Wait until check(rows, column, row) is true."""
        __tracebackhide__ = True

        def picture():
            rows, column, row = self.look()
            return '\n'.join([f'{what}: cursor at {column}, {row}', *rows])

        return wait_until(lambda: check(*self.look()), picture)

    def wait_end(self, *wanted, column=None):
        """Wait until the last rows are these, and the cursor is in the last of them.

        Where the cursor is in it, if `column` is None, does not matter.
        """
        __tracebackhide__ = True

        def check(rows, at, row):
            return (rows[-len(wanted):] == list(wanted) and row == len(rows) - 1
                    and (column is None or at == column))

        self.wait(check, f'{wanted}, cursor at {column}')

    def wait_row(self, wanted):
        """Wait until some row is this."""
        __tracebackhide__ = True
        self.wait(lambda rows, *_: wanted in rows, repr(wanted))
