# SPDX-License-Identifier: ISC
"""The control socket itself: who may, what is said there, slow and silent clients."""

import contextlib
import grp
import json
import os
import pwd
import re
import socket
import stat
import subprocess

import pytest

from harness import (DEADLINE, NO_QUARANTINE, Control, assert_silence, control_tool, ctl,
                     rss, stopped, wait_until)

EX_UNAVAILABLE = 69

NOBODY = 'nobody'


@pytest.fixture
def house(prattled):
    return prattled(control=True)


# Requests


def test_requests_and_answers(house, connect_to):
    ann, = house.people('ann')
    tool = connect_to(house)
    assert tool.ask('wall hi') == ['ok']
    ann.expect_next('-- root to all: hi')
    assert tool.ask('version')[1:] == ['ok']
    assert tool.ask('kick bob') == ['! Nobody here is called bob.', 'failed']
    assert tool.ask('kick') == ['! Usage: kick <name> [text...]', 'usage']
    assert tool.ask('nick x')[-1] == 'usage'
    assert tool.ask('')[-1] == 'usage'
    answer = tool.ask('json who')
    assert json.loads(answer[0])['people'][0]['nick'] == 'ann'
    assert answer[1:] == ['ok']
    assert_silence(ann, ann)


def test_many_requests_at_once_are_answered_in_order(house, connect_to):
    tool = connect_to(house)
    tool.send(*['uptime', 'nonsense', 'json version', 'bans'] * 50)
    tool.sock.shutdown(socket.SHUT_WR)
    for _ in range(50):
        assert [tool.answer()[-1] for _ in range(4)] == ['ok', 'usage', 'ok', 'ok']
    tool.ended()


def test_request_without_its_end_counts_at_the_end_of_the_input(house, connect_to):
    tool = connect_to(house)
    tool.sock.sendall(b'uptime\r\nversion')
    tool.sock.shutdown(socket.SHUT_WR)
    assert tool.answer()[-1] == 'ok'
    assert tool.answer()[0].startswith('- prattle runs')
    tool.ended()


def test_any_bytes_are_harmless(house, connect_to):
    ann, = house.people('ann')
    tool = connect_to(house)
    tool.sock.sendall(bytes(range(256)) * 20 + b'\n')
    tool.sock.sendall(b'wall \x1b[2J\xff\x00hi\xe2\x80\xae\n')
    lines = []
    while 'ok' not in lines:
        lines += tool.answer()
    ann.expect('root to all: \ufffdhi$')
    assert not re.search('[\x00-\x1f\x7f-\x9f\u202e]', ''.join(lines))


def test_request_that_is_too_long(house, connect_to):
    tool = connect_to(house)
    tool.send('wall ' + 'x' * 10000)
    assert tool.answer() == ['! A request has at most 4608 bytes.', 'usage']
    tool.send('say #lobby ' + 'x' * 4000)
    assert tool.answer() == ['ok']


def test_endless_request_costs_no_memory(house, connect_to):
    tool = connect_to(house)
    chunk = b'x' * 65536
    for _ in range(256):
        tool.sock.sendall(chunk)
    tool.send('')
    assert tool.answer()[-1] == 'usage'
    assert tool.ask('uptime')[-1] == 'ok'


def test_answer_that_is_not_read_holds_up_nobody(house, connect_to):
    people = house.people('ann', 'bob')
    slow, other = connect_to(house), connect_to(house)
    # More requests than answers fit into the kernel: those behind wait there.
    slow.sock.setblocking(False)
    sent = []
    for _ in range(400):
        sent.append(0)
        with contextlib.suppress(BlockingIOError):
            while sent[-1] < 100000:
                sent[-1] += slow.sock.send(b'help\n')
        assert other.ask('uptime')[-1] == 'ok'
    # As much as was read ahead, and answers that the kernel took; not some in each turn.
    assert sum(sent[1:]) < 15000
    people[0].send('hello')
    people[1].expect_next('ann: hello')
    assert other.ask('uptime')[-1] == 'ok'
    slow.sock.settimeout(DEADLINE)
    assert slow.answer()[-1] == 'ok'


def test_reader_who_comes_back_gets_the_rest(house, connect_to):
    tool = connect_to(house)
    count = 2000
    with contextlib.suppress(BlockingIOError):
        tool.sock.setblocking(False)
        for sent in range(count):
            tool.sock.send(b'help\n')
    tool.sock.settimeout(DEADLINE)
    for _ in range(sent):
        assert tool.answer()[-1] == 'ok'
    assert tool.ask('uptime')[-1] == 'ok'


# Who may


def test_socket_is_for_its_owner_and_group(house):
    assert stat.S_IMODE(house.control.stat().st_mode) == 0o660


def as_user(user, path, *words):
    """Run prattlectl as somebody else: exit code, stdout and stderr."""
    if os.geteuid() != 0:
        pytest.skip('only root can be somebody else')
    return ctl(path, *words, user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[])


@pytest.fixture
def open_house(prattled, tmp_path):
    """A daemon whose socket everybody can reach, in a folder where they may go."""

    def start(config=''):
        for folder in tmp_path, *tmp_path.parents[:3]:
            if folder.stat().st_uid == os.geteuid() and len(folder.parts) > 2:
                folder.chmod(0o755)
        room = prattled(f'[control]\nmode = 0666\n{config}', control=True)
        room.folder.chmod(0o755)
        return room

    return start


def test_stranger_is_turned_away_with_one_line(open_house):
    room = open_house()
    code, out, err = as_user(NOBODY, room.control, 'who')
    assert (code, out) == (1, '')
    assert err == ('prattlectl: You may not give commands here: see [control] in the '
                   'configuration.\n')
    number = pwd.getpwnam(NOBODY).pw_uid
    room.wait_log(rf'control: refused uid {number} pid \d+$')


def test_stranger_can_not_even_connect(open_house):
    room = open_house()
    room.reload('[control]\nmode = 0660\n')
    code, out, err = as_user(NOBODY, room.control, 'who')
    assert (code, out) == (3, '')
    assert err == (f"prattlectl: can't reach prattled at {room.control}: Permission denied "
                   "(who may is told by [control] in prattled's configuration)\n")


def test_users_and_groups_of_the_configuration(open_house):
    group = grp.getgrgid(pwd.getpwnam(NOBODY).pw_gid).gr_name
    room = open_house()
    ann, = room.people('ann')
    for line in f'users = daemon {NOBODY}', f'group = {group}':
        room.reload(f'[control]\nmode = 0666\n{line}\n')
        assert as_user(NOBODY, room.control, 'wall', 'hi') == (0, '', '')
        ann.expect_next('-- nobody to all: hi')
        room.wait_log(r'audit: nobody \(control\) from uid \d+ pid \d+: /wall hi$')
        room.reload('[control]\nmode = 0666\n')
        assert as_user(NOBODY, room.control, 'wall', 'hi')[0] == 1
    assert_silence(ann, ann)


def test_supplementary_group_counts(open_house):
    if os.geteuid() != 0:
        pytest.skip('only root can be somebody else')
    room = open_house('group = 4242\n')
    user = {'user': NOBODY, 'group': pwd.getpwnam(NOBODY).pw_gid}
    assert ctl(room.control, 'uptime', extra_groups=[17, 4242], **user)[0] == 0
    assert ctl(room.control, 'uptime', extra_groups=[17], **user)[0] == 1


def test_socket_belongs_to_the_group(prattled):
    if os.geteuid() != 0:
        pytest.skip('only root can give it away')
    room = prattled('[control]\ngroup = 4242\n', control=True)
    assert room.control.stat().st_gid == 4242
    room.reload('[control]\ngroup = 4243\nmode = 0600\n')
    assert room.control.stat().st_gid == 4243
    assert stat.S_IMODE(room.control.stat().st_mode) == 0o600


@pytest.mark.parametrize('line, what', [
    ('group = no-such-group', 'group: there is no group "no-such-group"'),
    ('users = root no-such-user', 'users: there is no user "no-such-user"'),
])
def test_names_that_nobody_has(prattled, line, what):
    room = prattled(f'[control]\n{line}\n', control=True, ready=None)
    assert room.wait_exit() == EX_UNAVAILABLE
    assert f'error: [control] {what}\n' in room.log()
    good = prattled(control=True)
    log = good.reload(f'[control]\n{line}\n')
    assert f'error: reload: [control] {what}\n' in log
    assert 'reload: failed' in log
    assert good.ctl('uptime')


# The socket


def test_it_is_removed_at_the_end(prattled):
    room = prattled(control=True)
    assert stat.S_ISSOCK(room.control.stat().st_mode)
    room.stop()
    assert not room.control.exists()


def test_nobody_gets_in_while_it_ends(prattled, tmp_path):
    room = prattled('[listen main]\naddress = 127.0.0.1:0\nsend_buffer = 4k\n'
                    '[limits]\nsend_queue_soft = 0\n[server]\nfarewell = 1m\n', control=True)
    reader, other = room.connect(), room.connect()
    reader.send(*['/help'] * 200, '/away I said all that')
    wait_until(lambda: '(away)' in ''.join(other.ask('/who')), 'all to be read')
    other.close()
    tool = Control(room.control)
    assert tool.ask('shutdown') == ['- It ends.', 'ok']
    assert not room.control.exists()
    # Who is there may go on asking.
    assert tool.ask('reload') == [
        '! Nothing has changed, because of mistakes:', '! prattled is about to end', 'failed']
    tool.close()
    reader.expect_end()
    room.close_clients()
    assert room.wait_exit() == 0


def test_stale_one_is_replaced(prattled, tmp_path):
    path = tmp_path / 'stale'
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    code, out, err = ctl(path, 'who')
    assert (code, out) == (3, '')
    assert err == (f"prattlectl: can't reach prattled at {path}: Connection refused "
                   '(prattled is not running any more)\n')
    room = prattled(f'[control]\nsocket = {path}\n', control=None, ready='control socket ')
    assert ctl(path, 'uptime')[0] == 0
    assert room.status()


def test_one_that_somebody_listens_at_is_not_taken(prattled, house):
    other = prattled(f'[control]\nsocket = {house.control}\n', control=None, ready=None)
    assert other.wait_exit() == EX_UNAVAILABLE
    assert (f"error: [control] socket: can't listen on {house.control}: "
            'Address already in use\n') in other.log()
    assert house.ctl('uptime')


def test_link_is_not_followed(prattled, house, tmp_path):
    link, target = tmp_path / 'link', tmp_path / 'target'
    link.symlink_to(target)
    for where in target, house.control:
        link.unlink()
        link.symlink_to(where)
        other = prattled(f'[control]\nsocket = {link}\n', control=None, ready=None)
        assert other.wait_exit() == EX_UNAVAILABLE
        assert f"can't listen on {link}: Address already in use\n" in other.log()
        assert link.is_symlink() and not target.exists()
    assert house.ctl('uptime')


def test_one_that_was_removed_is_made_anew_by_a_reload(house):
    house.control.unlink()
    assert ctl(house.control, 'uptime')[0] == 3
    assert 'reload: done' in house.reload()
    assert house.ctl('uptime')
    house.stop()
    assert not house.control.exists()


def test_one_that_belongs_to_somebody_else_by_now_is_left_to_him(prattled, house):
    kept = Control(house.control)
    house.control.unlink()
    other = prattled(f'[control]\nsocket = {house.control}\nmode = 0600\n', control=None,
                     ready='control socket ')
    inode = house.control.stat().st_ino
    log = house.reload()
    assert f"[control] socket: can't listen on {house.control}: Address already in use" in log
    assert 'reload: failed' in log
    # Nor does a restart take it, or the end remove it.
    assert kept.ask('restart')[-1] == 'ok'
    kept.close()
    house.wait_log('Address already in use; the control socket stays as it was$')
    house.stop()
    assert house.control.stat().st_ino == inode
    assert stat.S_IMODE(house.control.stat().st_mode) == 0o600
    code, out, err = ctl(house.control, '-j', 'status')
    assert (code, json.loads(out)['pid']) == (0, other.pid)


@pytest.mark.parametrize('path', ['{}/no/control', '/dev/null', '{}'])
def test_one_that_can_not_be_had_keeps_it_from_starting(prattled, tmp_path, path):
    path = path.format(tmp_path)
    room = prattled(f'[control]\nsocket = {path}\n', control=None, ready=None)
    assert room.wait_exit() == EX_UNAVAILABLE
    assert f"error: [control] socket: can't listen on {path}: " in room.log()


def test_it_moves_with_a_reload(prattled, tmp_path):
    one, two = tmp_path / 'one', tmp_path / 'two'
    room = prattled(f'[control]\nsocket = {one}\n', control=None, ready='control socket ')
    kept = Control(one)
    log = room.reload(f'[control]\nsocket = {two}\n')
    assert f'control socket {two}\n' in log
    assert not one.exists()
    # Who is there stays there.
    assert kept.ask('uptime')[-1] == 'ok'
    kept.close()
    assert ctl(two, 'uptime')[0] == 0
    log = room.reload(f'[control]\nsocket = {tmp_path}/no/control\n')
    assert 'reload: failed' in log
    assert ctl(two, 'uptime')[0] == 0
    room.reload('[control]\nsocket =\n')
    assert not two.exists()
    room.reload(f'[control]\nsocket = {two}\n')
    assert ctl(two, 'uptime')[0] == 0


def test_a_reload_that_fails_elsewhere_opens_no_socket(prattled, tmp_path):
    one, two = tmp_path / 'one', tmp_path / 'two'
    listen = '[listen a]\naddress = 127.0.0.1:0\n'
    room = prattled(f'{listen}[control]\nsocket = {one}\n', control=None,
                    ready='control socket ')
    log = room.reload(f'{listen}, 192.0.2.1:1\n[control]\nsocket = {two}\n'.replace(
        '0\n, ', '0, '))
    assert "can't listen on 192.0.2.1:1" in log and 'reload: failed' in log
    assert one.exists() and not two.exists()


def test_descriptor_is_not_left_behind(house, connect_to):
    fds = f'/proc/{house.pid}/fd'
    before = len(os.listdir(fds))
    for _ in range(20):
        with contextlib.closing(Control(house.control)) as tool:
            assert tool.ask('uptime')[-1] == 'ok'
        with contextlib.closing(Control(house.control)) as tool:
            tool.sock.sendall(b'half a requ')
        with contextlib.closing(Control(house.control)) as tool:
            tool.watch()
        with contextlib.closing(Control(house.control)) as tool:
            assert tool.ask('say #lobby -') == ['more']
            tool.sock.sendall(b'half a line')
    wait_until(lambda: len(os.listdir(fds)) == before, 'all to be closed')


# "auto"


def wrap_run(need):
    """Words before a program that give it a /run of its own."""
    if os.geteuid() != 0:
        pytest.skip('only root can have a /run of his own')
    words = [need('unshare'), '-m', 'sh', '-c',
             'mount -t tmpfs none /run && mkdir -m 755 $0 && exec "$@"']
    if subprocess.run([*words, '/run/x', 'true'], capture_output=True,
                      check=False).returncode != 0:
        pytest.skip('unshare -m does not work here')
    return words


def test_default_is_left_out_where_there_is_no_place_for_it(prattled, need):
    room = prattled(control=None, wrap=[*wrap_run(need), '/run/elsewhere'])
    room.wait_log(r"notice: there is no control socket: \[control\] socket: can't listen on "
                  '/run/prattle/control: No such file or directory$')
    assert room.people('ann')


def test_default_is_where_prattlectl_looks(prattled, need):
    room = prattled(control=None, wrap=[*wrap_run(need), '/run/prattle'])
    room.wait_log('control socket /run/prattle/control$')
    done = subprocess.run(
        [need('nsenter'), '-m', '-t', str(room.pid), control_tool(), 'uptime'], text=True,
        capture_output=True, timeout=DEADLINE, check=False)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith('Up ')


def test_explicit_default_must_work(prattled, need):
    room = prattled('[control]\nsocket = /run/prattle/control\n', control=None, ready=None,
                    wrap=[*wrap_run(need), '/run/elsewhere'])
    assert room.wait_exit() == EX_UNAVAILABLE


# How many


LIMITED = '[control]\nconnections = 3\n'


def test_silent_one_makes_way(prattled, connect_to):
    room = prattled(LIMITED, control=True)
    silent, first, second = connect_to(room), connect_to(room), connect_to(room)
    for tool in first, second:
        assert tool.ask('uptime')[-1] == 'ok'
    third = connect_to(room)
    assert third.ask('uptime')[-1] == 'ok'
    silent.ended()
    assert first.ask('uptime')[-1] == 'ok'
    # Now the second has been silent longest.
    assert connect_to(room).ask('uptime')[-1] == 'ok'
    second.ended()


def test_those_at_work_do_not_make_way(prattled, connect_to):
    room = prattled(LIMITED, control=True)
    pipe, events, more = connect_to(room), connect_to(room), connect_to(room)
    assert pipe.ask('say #lobby -') == ['more']
    for tool in events, more:
        tool.watch()
    code, out, err = ctl(room.control, 'uptime')
    assert (code, out) == (1, '')
    assert err == ('prattlectl: Too many connections are in use; see connections in '
                   '[control].\n')
    more.close()
    wait_until(lambda: ctl(room.control, 'uptime')[0] == 0, 'a place')
    pipe.send('still here')
    assert events.event()['text'] == 'still here'


# Pipes


def test_pipe_is_slowed_down_and_loses_nothing(prattled, connect_to):
    room = prattled('[control]\nsay_rate = 200\nsay_burst = 50\n'
                    '[limits]\nsend_queue_soft = 0\n', control=True)
    ann, = room.people('ann')
    tool = connect_to(room)
    assert tool.ask('say #lobby -') == ['more']
    lines = [f'line {n} {"x" * 900}' for n in range(500)]
    # Far more at once than the burst, and than the kernel and we keep: who writes waits.
    data = ''.join(f'{line}\n' for line in lines).encode()
    tool.sock.setblocking(False)
    sent = tool.sock.send(data)
    assert sent < len(data)
    tool.sock.settimeout(DEADLINE)
    tool.sock.sendall(data[sent:])
    tool.sock.shutdown(socket.SHUT_WR)
    for line in lines:
        ann.expect_next(f'-- root: {line}')
    assert tool.answer() == ['- Lines said in #lobby: 500.', 'ok']
    tool.ended()


def test_pipe_may_not_say_more_than_its_rate(prattled, connect_to):
    room = prattled('[control]\nsay_rate = 1\nsay_burst = 50\n', control=True)
    ann, = room.people('ann')
    tool = connect_to(room)
    assert tool.ask('say #lobby -') == ['more']
    tool.send(*[f'line {n}' for n in range(500)])
    ann.expect('root: line 49$')
    # Some hundred turns of the loop: time for all of them, if it were not for the rate.
    heard = sum(len(ann.barrier()) for _ in range(200))
    assert heard < 400


def test_pipe_that_was_cut_off_is_not_said_to_its_end(prattled, connect_to):
    room = prattled('[control]\nsay_rate = 20\nsay_burst = 5\nconnections = 1\n',
                    control=True)
    ann, = room.people('ann')
    tool = connect_to(room)
    assert tool.ask('say #lobby -') == ['more']
    tool.send(*[f'line {n}' for n in range(2000)])
    ann.expect('root: line 4$')
    tool.close()
    room.wait_log(r'notice: control: uid \d+ pid \d+ is gone, and the rest of its lines '
                  'is not said$')
    assert 'line 1000' not in ''.join(ann.barrier())
    # Nor does it keep its place.
    assert ctl(room.control, 'uptime')[0] == 0


def test_many_short_requests_do_not_keep_others_waiting(house, connect_to):
    ann, bob = house.people('ann', 'bob')
    tool = connect_to(house)
    with stopped(house):
        tool.send(*['wall x'] * 500)
        ann.send('hello')
    lines, _ = bob.until('^ann: hello$')
    assert len(lines) < 100


def test_pipe_does_not_keep_people_from_talking(prattled, connect_to):
    room = prattled('[control]\nsay_rate = 0\n', control=True)
    ann, bob = room.people('ann', 'bob')
    tool = connect_to(room)
    assert tool.ask('say #lobby -') == ['more']
    tool.send(*['x'] * 20000)
    ann.send('hello')
    lines, _ = bob.until('^ann: hello$')
    assert len(lines) < 20000


def test_pipe_ends_when_its_room_does(house, connect_to):
    ann, = house.people('ann')
    ann.ask('/join #tea')
    tool = connect_to(house)
    assert tool.ask('say #tea -') == ['more']
    tool.send('one')
    ann.expect('root: one')
    ann.ask('/part #tea')
    tool.send('two', 'status', 'who')
    assert tool.answer() == ['! The room #tea is gone.', '- Lines said in #tea: 1.', 'failed']
    tool.ended()


# Events


def test_events_of_a_day(house, connect_to):
    tool = connect_to(house)
    begin = tool.watch()
    assert begin == {'v': 1, 'time': begin['time'], 'event': 'begin', 'server': 'prattle',
                     'version': begin['version']}
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ', begin['time'])
    ann, bob = house.people('ann', 'bob')
    ann.ask('tschüß "\\ \x1b[1m☃')
    ann.ask('/me waves')
    ann.ask('/topic Tea')
    ann.ask('/msg bob secret')
    ann.ask('/join #tea')
    bob.ask('/nick rob')
    assert house.ctl('say', 'tea', 'hi') == []
    assert house.ctl('wall', 'ho') == []
    assert house.ctl('kick', 'ann', 'enough') == ['ann has been disconnected.']
    bob.ask('bye')
    seen = []
    while not seen or seen[-1].get('text') != 'bye':
        seen.append(tool.event())
        assert seen[-1].pop('v') == 1
        del seen[-1]['time']
    assert seen == [
        {'event': 'said', 'room': '#lobby', 'nick': 'ann', 'text': 'tschüß "\\ ☃'},
        {'event': 'acted', 'room': '#lobby', 'nick': 'ann', 'text': 'waves'},
        {'event': 'topic', 'room': '#lobby', 'nick': 'ann', 'text': 'Tea'},
        {'event': 'notice', 'room': '#tea', 'nick': 'root', 'text': 'hi'},
        {'event': 'notice', 'room': None, 'nick': None, 'text': 'root to all: ho'},
        {'event': 'kicked', 'room': None, 'nick': 'ann', 'by': 'root', 'why': 'enough'},
        {'event': 'said', 'room': '#lobby', 'nick': 'rob', 'text': 'bye'},
    ]


def test_events_of_coming_and_going(prattled, connect_to):
    room = prattled(control=True, settle='0')
    tool = connect_to(room)
    tool.watch()
    ann = room.connect()
    ann.rename('ann')
    ann.ask('/join #tea')
    ann.ask('/part #tea')
    ann.send('/quit so long')
    ann.expect_end()
    seen = [{k: v for k, v in event.items() if k not in ('v', 'time')}
            for event in tool.events_of('quit')]
    assert seen == [
        {'event': 'joined', 'room': '#lobby', 'nick': 'guest1'},
        {'event': 'renamed', 'nick': 'guest1', 'new': 'ann'},
        {'event': 'joined', 'room': '#tea', 'nick': 'ann'},
        {'event': 'left', 'room': '#tea', 'nick': 'ann', 'why': ''},
        {'event': 'quit', 'nick': 'ann', 'why': 'so long'},
    ]


def test_every_reader_gets_every_event(house, connect_to):
    tools = [connect_to(house) for _ in range(5)]
    for tool in tools:
        tool.watch()
    ann, = house.people('ann')
    ann.send(*[f'line {n}' for n in range(200)])
    for tool in tools:
        assert [tool.event()['text'] for _ in range(200)] == [f'line {n}' for n in range(200)]


SMALL = '[limits]\nsend_queue_soft = 4k\nsend_time = 0\n'


def test_events_behind_many_requests(house, connect_to):
    tools = [connect_to(house) for _ in range(16)]
    for count, tool in enumerate(tools, 1):
        tool.send(*['version'] * count, 'events')
        for _ in range(count):
            assert tool.answer()[-1] == 'ok'
        assert tool.event()['event'] == 'begin'
    ann, = house.people('ann')
    ann.ask('hello')
    for tool in tools:
        assert tool.event()['text'] == 'hello'


def test_slow_reader_is_told_how_many_he_has_missed(prattled, connect_to):
    room = prattled(SMALL, control=True)
    slow, quick = connect_to(room), connect_to(room)
    for tool in slow, quick:
        tool.watch()
    ann, = room.people('ann')
    count = 3000
    for n in range(count):
        ann.send(f'{n} {"x" * 500}')
        assert quick.event()['text'].startswith(f'{n} ')
    ann.barrier()
    ann.send('the end')
    said = [e for e in slow.events_of('skipped') if e['event'] == 'said']
    # None is missing but those that are counted, and those are together.
    assert [int(e['text'].split()[0]) for e in said] == list(range(len(said)))
    assert 100 < len(said) < count - 100


def test_all_lines_are_there_or_counted(prattled, connect_to):
    room = prattled(SMALL, control=True)
    slow = connect_to(room)
    slow.watch()
    ann, = room.people('ann')
    count = 3000
    for n in range(count):
        ann.send(f'{n} {"x" * 500}')
    ann.barrier()
    slow.expect_numbered(count)
    ann.send('the end')
    assert slow.event()['text'] == 'the end'


def test_reader_who_never_reads_is_disconnected(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 4k\nsend_time = 100ms\n[log]\nlevel = debug\n',
                    control=True)
    slow = connect_to(room)
    slow.send('events')
    ann, = room.people('ann')
    ann.send(*[f'{n} {"x" * 500}' for n in range(3000)])
    room.wait_log(r'control: uid \d+ pid \d+ has left: too slow to read$')
    ann.barrier()
    while slow.line() is not None:
        pass


def test_reader_who_never_reads_costs_no_more_than_his_queue(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 0\nsend_queue = 64k\n[log]\n'
                    'level = debug\n', control=True, env=NO_QUARANTINE)
    slow, quick = connect_to(room), connect_to(room)
    for tool in slow, quick:
        tool.watch()
    ann, = room.people('ann')
    for n in range(3000):
        ann.send(f'{n} {"x" * 500}')
        assert quick.event()['text'].startswith(f'{n} ')
    room.wait_log(r'control: uid \d+ pid \d+ has left: too slow to read$')
    # What he had got before is whole.
    seen = 0
    while (line := slow.whole_line()) is not None:
        assert json.loads(line)['text'].startswith(f'{seen} ')
        seen += 1
    assert 100 < seen < 2900


def test_reader_who_comes_back_in_time_stays(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 4k\nsend_time = 1h\n', control=True)
    slow = connect_to(room)
    slow.send('events')
    ann, = room.people('ann')
    for _ in range(3):
        ann.send(*[f'{n} {"x" * 500}' for n in range(3000)])
        ann.barrier()
        slow.events_of('skipped')


def test_reader_who_has_come_back_is_not_sent_away_for_it(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 4k\nsend_time = 3s\n[log]\nlevel = debug\n',
                    control=True)
    ann, = room.people('ann')
    back, away = connect_to(room), connect_to(room)
    for tool in back, away:
        tool.watch()
        ann.send(*[f'{n} {"x" * 500}' for n in range(3000)])
        ann.barrier()
        if tool is back:
            tool.events_of('skipped')
        else:
            back.events_of('skipped')
    room.wait_log('has left: too slow to read$')
    ann.ask('hello')
    while back.event().get('text') != 'hello':
        pass


def test_reader_who_is_always_behind_costs_no_more_memory(prattled, connect_to):
    room = prattled('[limits]\nsend_queue_soft = 4M\nsend_queue = 8M\n', control=True,
                    env=NO_QUARANTINE)
    behind, quick = connect_to(room), connect_to(room)
    for tool in behind, quick:
        tool.watch()
    ann, = room.people('ann')
    before = None
    for n in range(12000):
        ann.send('x' * 1000)
        quick.event()
        # So much more than the kernel takes that there is always something left to send.
        if n > 1000:
            behind.event()
            before = before or rss(room.pid)
    assert rss(room.pid) - before < 6 << 20


def test_events_end_with_the_daemon(prattled):
    room = prattled(control=True)
    tool = Control(room.control)
    tool.watch()
    room.stop()
    assert tool.event()['text'] == 'The room is closing. Goodbye!'
    tool.ended()
    tool.close()


# By nc


def nc(need, room, text):
    done = subprocess.run([need('nc.openbsd'), '-N', '-U', room.control], input=text,
                          text=True, capture_output=True, timeout=DEADLINE, check=True)
    return done.stdout.splitlines()


def test_requests_by_nc(house, need):
    ann, = house.people('ann')
    assert nc(need, house, 'wall hi\nbans\n') == ['ok', '- Nobody is banned or mute.', 'ok']
    assert nc(need, house, 'say #lobby -\none\ntwo\n') == [
        'more', '- Lines said in #lobby: 2.', 'ok']
    assert ann.barrier() == ['-- root to all: hi', '-- root: one', '-- root: two']


def test_events_by_nc(house, need):
    ann, = house.people('ann')
    with subprocess.Popen([need('nc.openbsd'), '-U', house.control], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        client.stdin.write('events\n')
        client.stdin.flush()
        assert json.loads(client.stdout.readline())['event'] == 'begin'
        ann.ask('hello')
        assert json.loads(client.stdout.readline())['text'] == 'hello'
        client.stdin.close()
        client.terminate()


def test_metrics_are_answered(house):
    code, out, err = ctl(house.control, 'metrics')
    assert (code, err) == (0, '') and out.endswith('# EOF\n')
