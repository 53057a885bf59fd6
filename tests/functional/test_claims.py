# SPDX-License-Identifier: ISC
"""Claimed names: what their owners see, and the file that keeps them."""

import os
import re
import stat
import subprocess
from pathlib import Path
from signal import SIGKILL

import pexpect
import pytest

from harness import DEADLINE, binary, environment, heard, wait_until

SECRET = 'correct horse battery'

# A line of the file, whole.
LINE = re.compile(r'(\w+) (\$\S{20,}) claimed=\d{4}-\d\d-\d\d seen=\d{4}-\d\d-\d\d')

WARNING = 'It WILL BE VISIBLE as you type. An empty line calls it off.'
CLAIMED = ('-- You have claimed the name {}. '
           'Whoever takes it is asked for your passphrase.')


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / 'state'
    folder.mkdir()
    return folder


@pytest.fixture
def start(prattled, state):
    """Start daemons that keep what they know in the same folder."""

    def begin(config='', **options):
        return prattled(f'[server]\nstate = {state}\n{config}', **options)

    return begin


@pytest.fixture
def room(start):
    return start()


def claims(path):
    """Names and hashes in the file, every line of which is whole."""
    __tracebackhide__ = True
    text = path.read_text(encoding='ascii') if path.exists() else ''
    assert text == '' or text.endswith('\n'), f'cut: {text[-80:]!r}'
    found = {}
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        assert match, f'not whole: {line!r}'
        found[match[1]] = match[2]
    return found


def wait_claim(state, nick):
    wait_until(lambda: nick in claims(state / 'claims'), f'{nick} in the file')


def claim(client, secret=SECRET):
    """Claim the name that somebody has."""
    __tracebackhide__ = True
    client.send('/claim')
    client.expect(r'New passphrase of \w+\?')
    client.send(secret, secret)
    client.expect('You have claimed the name')
    return client


def take(client, nick, secret=SECRET):
    """Take a claimed name."""
    __tracebackhide__ = True
    client.send(f'/nick {nick}')
    client.expect(rf'Passphrase of {nick}\?')
    client.send(secret)
    client.expect(rf'is now {nick}$')
    client.nick = nick
    return client


def test_claiming_and_coming_back(start, state):
    room = start()
    ann, = room.people('ann')
    ann.send('/claim')
    ann.expect_next(f'-- New passphrase of ann? {WARNING}')
    ann.send(SECRET)
    ann.expect_next('-- The same once more?')
    ann.send(SECRET)
    ann.expect_next(CLAIMED.format('ann'))
    assert '-- ann*' in ann.ask('/who')
    room.stop()
    assert list(claims(state / 'claims')) == ['ann']
    assert stat.S_IMODE((state / 'claims').stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == ['claims']
    again = start()
    ann = again.connect()
    ann.send('/nick ann')
    ann.expect_next(f'-- Passphrase of ann? {WARNING}')
    ann.send(SECRET)
    ann.expect_next('-- guest1 is now ann')
    for log in room.log(), again.log():
        assert SECRET not in log


def test_nothing_is_seen_of_a_passphrase(room):
    bob, ann = room.people('bob', 'ann')
    claim(ann)
    ann.send('/passphrase')
    ann.expect('New passphrase of ann')
    ann.send('another one', 'another one')
    ann.expect('The passphrase of ann is changed')
    ann.ask('/nick anna')
    take(ann, 'ann', 'another one')
    ann.send('hello')
    heard(ann, bob)
    late = room.connect()
    late.barrier()
    for client in bob, ann, late:
        assert b'horse' not in client.raw
        assert b'another' not in client.raw
    room.stop()
    assert 'horse' not in room.log()
    assert 'another' not in room.log()
    assert 'conn 2: claimed ann' in room.log()


def test_wrong_passphrases_are_logged_and_end_the_session(room):
    ann, = room.people('ann')
    claim(ann)
    eve = room.connect()
    eve.send('/nick ann', 'please', 'please', 'please', 'please')
    for _ in range(3):
        eve.expect('^-- Passphrase of ann\\?')
        eve.expect('^!! That is not the passphrase of ann\\.$')
    assert eve.expect_end() == ['!! Too many wrong passphrases. Goodbye!']
    peer = '%s:%d' % eve.sock.getsockname()
    line = f'notice: conn 2: wrong passphrase for ann from {peer}\n'
    room.wait_log('conn 2: disconnect: too many wrong passphrases')
    assert room.log().count(line) == 3
    assert 'please' not in room.log()


def test_second_try_is_not_said(room):
    bob, ann = room.people('bob', 'ann')
    claim(ann)
    ann.ask('/nick anna')
    ann.send('/nick ann', SECRET[:-1], SECRET, 'hello')
    ann.expect('^!! That is not the passphrase of ann\\.$')
    ann.expect('^-- Passphrase of ann\\?')
    ann.expect('^-- anna is now ann$')
    bob.expect('^ann: hello$')
    assert SECRET[:-1].encode() not in bob.raw


def test_ghost_makes_way_at_once(room):
    bob, ghost = room.people('bob', 'ann')
    claim(ghost)
    ghost.send('hello')
    bob.expect_next('ann: hello')
    ann = room.connect()
    take(ann, 'ann')
    assert ghost.expect_end()[-1] == '!! The owner of this name has come.'
    room.wait_log('conn 2: disconnect: displaced by the owner of the name')
    ann.send('that was me')
    bob.expect('^ann: that was me$')


def test_lines_of_a_script_wait_for_its_passphrase(room, need):
    nc = need('nc.openbsd')
    bob, ann = room.people('bob', 'ann')
    claim(ann)
    ann.ask('/nick anna')
    lines = ['/nick ann', SECRET, *(f'line {n}' for n in range(20))]
    subprocess.run([nc, '-N', *map(str, room.address)], check=True, timeout=DEADLINE,
                   input='\n'.join(lines).encode(), stdout=subprocess.DEVNULL)
    for n in range(20):
        bob.expect_next(f'ann: line {n}')


def test_a_sender_who_is_gone_at_once_is_heard(room):
    # With the greeting unread his system sends a reset behind his lines.
    bob, ann = room.people('bob', 'ann')
    claim(ann)
    ann.ask('/nick anna')
    for n in range(10):
        with room.connect(greet=False) as script:
            script.expect('In #lobby')
            script.send('/nick ann')
            script.expect('Passphrase')
            bob.send('unread')
            bob.barrier()
            script.send(SECRET, f'done {n}')
        assert bob.expect(f'^ann: done {n}$')


# Real telnet


@pytest.fixture
def telnet(room, need):
    """Somebody at a terminal, whose client speaks telnet."""
    clients = []

    def start():
        clients.append(pexpect.spawn(
            need('inetutils-telnet'), list(map(str, room.address)), echo=False,
            timeout=DEADLINE, encoding='utf-8', env={'TERM': 'vt100'}))
        clients[-1].expect('-- In #lobby: .*you')
        # It is known for telnet from its first line on, and then edits no more itself.
        clients[-1].sendline('/uptime')
        clients[-1].expect('lines said')
        return clients[-1]

    yield start
    for client in clients:
        client.close(force=True)


def test_telnet_shows_no_passphrase(room, telnet, state):
    shown = []

    def say(client, line, answer):
        client.sendline(line)
        client.expect(answer)
        shown.append(client.before + client.after)

    ann = telnet()
    say(ann, '/nick ann', 'is now ann')
    say(ann, '/claim', r'New passphrase of ann\? An empty line')
    say(ann, SECRET, 'The same once more')
    say(ann, SECRET, 'You have claimed the name ann')
    again = telnet()
    say(again, '/nick ann', r'Passphrase of ann\? An empty line')
    say(again, SECRET, 'is now ann')
    say(ann, '', 'The owner of this name has come')
    # What is typed is shown again, and no history of lines holds what was hidden.
    say(again, 'is this to be seen?', 'seen')
    for _ in range(6):
        again.send('\x1b[A')
    say(again, '', '\n')
    say(again, '/whois ann', 'has claimed the name')
    assert not [text for text in shown if 'horse' in text]
    assert list(claims(state / 'claims')) == ['ann']


# The file


def test_claims_are_written_at_the_end(start, state):
    room = start()
    ann, = room.people('ann')
    claim(ann)
    room.stop()
    assert list(claims(state / 'claims')) == ['ann']


def test_killed_at_any_time_the_file_is_whole(start, state):
    before = {}
    for n in range(25):
        room = start()
        people = room.people(*(f'p{n}x{i}' for i in range(3)))
        for one in people:
            one.send('/claim', SECRET, SECRET)
        # Between the first one and the last one, at a moment that differs.
        for one in people[:n % 4]:
            one.expect('You have claimed')
        room.process.send_signal(SIGKILL)
        room.process.wait()
        room.close_clients()
        assert 'state:' not in room.log()
        after = claims(state / 'claims')
        assert {nick: after[nick] for nick in before} == before
        assert set(after) - set(before) <= {one.nick for one in people}
        assert {path.name for path in state.iterdir()} <= {'claims', 'claims.new'}
        before = after
    room = start()
    assert 'state:' not in room.log()
    if before:
        take(room.connect(), next(iter(before)))


def test_mistakes_are_logged_and_not_written_over(start, state):
    text = 'ann\n\nbob $6$salt$hash claimed=soon seen=2026-11-21\n'
    (state / 'claims').write_text(text)
    (state / 'bans').write_text('band eve\n')
    room = start()
    for what in 'claims:1: ', 'claims:3: ', 'bans:1: ':
        room.wait_log(f'error: state: {state}/{what}')
    assert room.log().count('error: state: ') == 3
    ann, = room.people('ann')
    assert ann.ask('/claim') == ["!! Names can't be claimed here."]
    mark = room.log_mark()
    room.reload()
    room.wait_log(f'error: state: {state}/bans:1: ', mark)
    assert (state / 'claims').read_text() == text
    # Now they are right.
    (state / 'claims').write_text('')
    (state / 'bans').write_text('')
    room.reload()
    claim(ann)
    wait_claim(state, 'ann')


def test_missing_folder_is_told(prattled, tmp_path):
    room = prattled(f'[server]\nstate = {tmp_path}/nowhere\n')
    room.wait_log(f'error: state: {tmp_path}/nowhere: No such file or directory')
    ann, bob = room.people('ann', 'bob')
    claim(ann)
    room.wait_log("error: state: can't write ")
    ann.send('hello')
    bob.expect('^ann: hello$')


def fill(folder):
    """Write until nothing fits any more."""
    with open(folder / 'filler', 'wb', buffering=0) as filler:
        try:
            while True:
                filler.write(b'x' * 512)
        except OSError:
            pass


@pytest.fixture
def small(start, state, need):
    """A daemon whose state is on a file system of its own, and where we find that."""
    unshare = need('unshare')
    mount = f'mount -t tmpfs -o size=32k small {state} && exec "$@"'
    wrap = [unshare, '--user', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh']
    if subprocess.run([*wrap, 'true'], capture_output=True, check=False).returncode:
        pytest.skip('no file system can be mounted here')
    room = start(wrap=wrap)
    return room, Path(f'/proc/{room.pid}/root{state}')


def test_full_disk_stops_nobody(small):
    room, folder = small
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    claim(ann)
    wait_claim(folder, 'ann')
    fill(folder)
    claim(cid)
    room.wait_log("error: state: can't write .*/claims: No space left on device")
    claim(bob)
    for n in range(3):
        ann.send(f'line {n}')
        bob.expect(f'^ann: line {n}$')
    assert set(claims(folder / 'claims')) == {'ann'}
    # What could not be written holds all the same.
    take(room.connect(), 'cid')
    assert room.log().count("can't write") == 1
    assert 'claims.new' not in os.listdir(folder)
    (folder / 'filler').unlink()
    room.wait_log('notice: state: .*/claims is written again')
    assert set(claims(folder / 'claims')) == {'ann', 'bob', 'cid'}
    assert room.log().count("can't write") == 1


def test_limit_of_file_size_stops_nobody(start, state, need):
    line = '{} $6$salt$' + 'x' * 86 + ' claimed=2026-11-01 seen=2026-11-01\n'
    (state / 'claims').write_text(''.join(line.format(f'p{n}') for n in range(1000)))
    before = (state / 'claims').read_bytes()
    room = start('claim_expiry = 0\n', wrap=[need('prlimit'), '--fsize=65536'])
    ann, bob = room.people('ann', 'bob')
    claim(ann)
    room.wait_log("error: state: can't write .*/claims: File too large")
    ann.send('hello')
    bob.expect('^ann: hello$')
    assert (state / 'claims').read_bytes() == before


# A process that has changed its user can't be looked at by LeakSanitizer.
NO_LEAKS = {'ASAN_OPTIONS': 'detect_leaks=0'}

need_root = pytest.mark.skipif(os.geteuid() != 0, reason='only root changes the user')


@need_root
def test_file_belongs_to_the_user_of_the_daemon(start, state, tmp_path):
    os.chown(state, 12345, 12345)
    for folder in [tmp_path, *tmp_path.parents]:
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    room = start('user = 12345\n', env=NO_LEAKS)
    ann, = room.people('ann')
    claim(ann)
    wait_claim(state, 'ann')
    assert (state / 'claims').stat().st_uid == 12345


# prattled --hash


def run_hash(folder, data):
    return subprocess.run([binary(), '--hash'], input=data, capture_output=True,
                          timeout=DEADLINE, env=environment(folder), check=False)


def test_hash_is_of_the_first_line(start, state, tmp_path):
    done = run_hash(tmp_path, f'{SECRET}\nmore\n'.encode())
    assert (done.returncode, done.stderr) == (0, b'')
    text = done.stdout.decode()
    assert re.fullmatch(r'\$\S+\n', text)
    assert text != run_hash(tmp_path, f'{SECRET}\n'.encode()).stdout.decode()
    # It is one that the daemon takes.
    (state / 'claims').write_text(
        f'ann {text.strip()} claimed=2026-11-01 seen=2026-11-01\n')
    take(start('claim_expiry = 0\n').connect(), 'ann')


@pytest.mark.parametrize('data', [b'', b'\n', b'x' * 513 + b'\n', b'\x1b[A\n'])
def test_no_hash_of_what_is_no_passphrase(tmp_path, data):
    done = run_hash(tmp_path, data)
    assert (done.returncode, done.stdout) == (65, b'')
    assert re.fullmatch(rb'prattled: [^\n]+\n', done.stderr)


def test_hash_needs_no_line_end(tmp_path):
    assert run_hash(tmp_path, b'x').returncode == 0


@pytest.fixture
def asking(tmp_path):
    """prattled --hash at a terminal."""
    child = pexpect.spawn(binary(), ['--hash'], timeout=DEADLINE, encoding='utf-8',
                          env=environment(tmp_path))
    yield child
    child.close(force=True)


def test_hash_at_a_terminal(asking):
    asking.expect_exact('Passphrase: ')
    asking.waitnoecho()
    asking.sendline(SECRET)
    asking.expect_exact('The same once more: ')
    asking.waitnoecho()
    asking.sendline(SECRET)
    asking.expect(r'\r\n(\$\S+)\r\n')
    assert 'horse' not in asking.before + asking.after
    asking.expect(pexpect.EOF)
    asking.wait()
    assert asking.exitstatus == 0


def test_hash_of_two_that_differ(asking):
    asking.expect_exact('Passphrase: ')
    asking.waitnoecho()
    asking.sendline(SECRET)
    asking.expect_exact('The same once more: ')
    asking.waitnoecho()
    asking.sendline('something else')
    asking.expect('the two are not the same')
    asking.expect(pexpect.EOF)
    asking.wait()
    assert asking.exitstatus == 65


def test_echo_is_back_after_an_interrupt(tmp_path):
    # A shell keeps the terminal open behind it.
    shell = pexpect.spawn(
        'sh', ['-c', f'{binary()} --hash; stty -a; echo over'], timeout=DEADLINE,
        encoding='utf-8', env={**environment(tmp_path), 'LC_ALL': 'C'})
    shell.expect_exact('Passphrase: ')
    shell.waitnoecho()
    shell.sendintr()
    try:
        shell.expect('stty|speed')
        shell.expect('over')
        assert re.search(r'[^-]echo ', shell.before)
    except pexpect.EOF:
        # The shell has ended with the signal, as some do: so did what it had started.
        pass
    shell.close(force=True)
