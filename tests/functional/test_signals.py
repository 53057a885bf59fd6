# SPDX-License-Identifier: ISC
"""TERM and INT, HUP, USR1, PIPE."""

import itertools
import re
import signal
import socket
import stat
import threading

import pytest

from harness import assert_silence, connect, heard, wait_until

STOPS = [signal.SIGTERM, signal.SIGINT]
FAREWELL = '-- The room is closing. Goodbye!'


# The end


@pytest.mark.parametrize('number', STOPS)
def test_everybody_is_told_and_it_ends_well(prattled, tmp_path, number):
    path = tmp_path / 'room'
    room = prattled(f'[listen main]\naddress = 127.0.0.1:0, unix:{path}\n',
                    ready='listening on unix:')
    people = room.people('ann', 'bob', 'cid')
    room.signal(number)
    for person in people:
        assert person.expect_end() == [FAREWELL]
    assert room.wait_exit() == 0
    assert not path.exists()
    room.wait_log(f'{number.name}: stopping, 3 people')
    room.wait_log('no longer listening on 127.0.0.1:')
    room.wait_log('ended$')
    # Nobody is told of those who have to go, too.
    assert re.findall(r'disconnect: (.*?) \(', room.log()) == ['the daemon stops'] * 3


STUCK = '''
[listen main]
address = 127.0.0.1:0
send_buffer = 4k
[limits]
send_queue_soft = 0
'''


def stuck_reader(room):
    """Somebody for whom more is due than the kernel takes."""
    reader, other = room.connect(), room.connect()
    reader.send(*['/help'] * 200, '/away I said all that')
    wait_until(lambda: '(away)' in ''.join(other.ask('/who')), 'all to be read')
    other.close()
    return reader


def test_nobody_gets_in_any_more(prattled):
    room = prattled(STUCK + '[server]\nfarewell = 1m\n')
    stuck_reader(room)
    room.signal(signal.SIGTERM)
    room.wait_log('no longer listening')
    with pytest.raises(ConnectionRefusedError):
        connect(room.address)


def test_unsent_output_is_sent_before_the_end(prattled):
    room = prattled(STUCK + '[server]\nfarewell = 1m\n')
    reader = stuck_reader(room)
    room.signal(signal.SIGTERM)
    room.wait_log('SIGTERM: stopping')
    lines = reader.expect_end()
    assert lines[-2:] == ['-- You are away: I said all that. /back ends it.', FAREWELL]
    room.close_clients()
    assert room.wait_exit() == 0


@pytest.mark.parametrize('number', STOPS)
def test_stopped_reader_does_not_keep_it(prattled, number):
    room = prattled(STUCK + '[server]\nfarewell = 100ms\n')
    reader = stuck_reader(room)
    room.signal(number)
    assert room.wait_exit() == 0
    room.wait_log(r'conn 1: gave up with \d+ bytes unsent')
    assert reader.receive()


@pytest.mark.parametrize('first', STOPS)
@pytest.mark.parametrize('second', STOPS)
def test_second_signal_ends_at_once(prattled, first, second):
    room = prattled(STUCK + '[server]\nfarewell = 1m\n')
    reader = stuck_reader(room)
    room.signal(first)
    room.wait_log(f'{first.name}: stopping')
    room.signal(second)
    assert room.wait_exit() == 0
    room.wait_log(f'{second.name}: ending at once')
    assert 'gave up' not in room.log()
    assert reader.receive()


def test_signals_while_it_ends_change_nothing(prattled):
    for _ in range(10):
        room = prattled()
        while room.process.poll() is None:
            for number in *STOPS, signal.SIGHUP, signal.SIGUSR1:
                room.signal(number)
        assert room.process.returncode == 0
        room.wait_log('ended$')


@pytest.mark.parametrize('number', STOPS)
def test_end_under_load(prattled, crowd, number):
    room = prattled('[server]\nfarewell = 500ms\n')
    crowd(room, 100)
    speakers = room.people('ann', 'bob')
    talkers = [threading.Thread(target=talk_until_closed, args=[s]) for s in speakers]
    for talker in talkers:
        talker.start()
    wait_until(lambda: room.status()['lines'] > 1000, 'some lines')
    room.signal(number)
    assert room.wait_exit() == 0
    for talker in talkers:
        talker.join()


def talk_until_closed(speaker):
    try:
        for n in itertools.count():
            speaker.send(f'line {n}')
    except OSError:
        pass


# HUP


def test_new_rooms_and_texts_are_taken(prattled):
    room = prattled('[room #lobby]\ntopic = Tea\n[room #old]\n')
    ann, bob = room.people('ann', 'bob')
    bob.ask('/join #old')
    log = room.reload('''
[room #lobby]
topic = Coffee
history = 1
[room #new]
topic = Cake
[limits]
line_length = 80
nick_length = 5
[format]
say = <{nick}> {text}
''')
    assert 'reload: room #lobby.topic changed\n' in log
    assert 'reload: [room #new] is new\n' in log
    assert 'reload: [room #old] is gone\n' in log
    assert 'reload: limits.line_length changed\n' in log
    assert 'reload: done\n' in log
    rooms = ' '.join(ann.ask('/rooms'))
    assert re.search('#lobby.*Coffee', rooms) and re.search('#new.*Cake', rooms)
    ann.send('x' * 100)
    assert ann.barrier() == ['!! That line was cut after 80 bytes.']
    assert bob.barrier() == ['#lobby <ann> ' + 'x' * 80]
    assert 'at most 5' in ann.ask('/nick annika')[0]
    # Somebody is in it still; it goes with him.
    assert any('#old' in line for line in ann.ask('/rooms'))
    bob.ask('/part #old')
    assert not any('#old' in line for line in ann.ask('/rooms'))


def test_topic_of_people_stays(prattled):
    config = '[room #lobby]\ntopic = Tea\n'
    room = prattled(config)
    ann, = room.people('ann')
    ann.ask('/topic Cocoa')
    room.reload(config + '[room #new]\n')
    assert ann.ask('/topic') == ['-- Topic of #lobby: Cocoa']
    room.reload('[room #lobby]\ntopic = Coffee\n')
    assert ann.ask('/topic') == ['-- Topic of #lobby: Coffee']


def test_listeners_come_and_go(prattled, tmp_path):
    kept, old, new = (tmp_path / name for name in ('kept', 'old', 'new'))
    room = prattled(f'[listen a]\naddress = unix:{kept}\n'
                    f'[listen b]\naddress = unix:{old}\n')
    room.wait_log('listening on .*/old')
    people = [room.connect(kept), room.connect(old)]
    log = room.reload(f'[listen a]\naddress = unix:{kept}, unix:{new}\n')
    assert f'listening on unix:{new}\n' in log
    assert f'no longer listening on unix:{old}\n' in log
    assert f'listening on unix:{kept}\n' not in log
    assert not old.exists()
    people += [room.connect(kept), room.connect(new)]
    people[0].send('is everybody here?')
    for person in people[1:]:
        person.expect('^guest1: is everybody here\\?$')
    log = room.reload(f'[listen c]\naddress = unix:{new}\n')
    assert f'no longer listening on unix:{kept}\n' in log
    assert f'listening on unix:{new}\n' not in log
    assert people[0].people() == 4


def test_listener_moves_to_an_address_that_overlaps(prattled):
    room = prattled('[listen a]\naddress = 127.0.0.1:0\n')
    port = room.ports[0]
    ann = room.connect()
    for address, there in ('0.0.0.0', True), ('127.0.0.1', False):
        log = room.reload(f'[listen a]\naddress = {address}:{port}\n')
        assert f'listening on {address}:{port}\n' in log
        assert 'reload: done' in log
        room.connect(('127.0.0.1', port))
        if there:
            room.connect(('127.0.0.2', port))
        else:
            with pytest.raises(ConnectionRefusedError):
                connect(('127.0.0.2', port))
    assert ann.people() == 4


def test_listener_that_can_not_move_stays(prattled):
    room = prattled('[listen a]\naddress = 127.0.0.1:0\n')
    port = room.ports[0]
    with socket.socket() as other:
        other.bind(('127.0.0.2', port))
        other.listen()
        log = room.reload(f'[listen a]\naddress = 0.0.0.0:{port}\n')
        assert f"can't listen on 0.0.0.0:{port}: Address already in use" in log
        assert 'reload: failed' in log
    room.connect()


def test_listeners_that_overlap_are_refused_by_a_reload_as_by_a_start(prattled):
    room = prattled('[listen a]\naddress = 127.0.0.1:0\n')
    port = room.ports[0]
    log = room.reload(f'[listen a]\naddress = 127.0.0.1:{port}\n')
    log = room.reload(f'[listen a]\naddress = 127.0.0.1:{port}, 0.0.0.0:{port}\n')
    assert f"can't listen on 0.0.0.0:{port}: Address already in use" in log
    room.connect()
def test_ports_that_the_system_chose_stay_where_they_are(house):
    """Each is written as 127.0.0.1:0, and belongs to the section that has it."""
    for _ in range(3):
        log = house.reload()
        assert 'reload: done\n' in log and 'listening' not in log
        for speak, port in house.door.items():
            with house.connect(('127.0.0.1', port), greet=False) as person:
                person.send_bytes(b'\xff\xf6\n/uptime\n')
                got = person.expect_bytes(b'lines said')
                # Asked at once; answered as telnet; or neither.
                manner = (got.startswith(b'\xff'), b'[Yes, I am here]' in got)
                assert manner == {'telnet': (True, True), 'auto': (False, True),
                                  'line': (False, False)}[speak]


def test_connection_that_waits_to_be_accepted_is_kept(prattled, tmp_path):
    path = tmp_path / 'room'
    room = prattled(f'[listen a]\naddress = unix:{path}\n')
    room.wait_log('listening')
    for n in range(10):
        room.write(f'[listen a]\naddress = unix:{path}\nbacklog = {n + 1}\n')
        room.signal(signal.SIGHUP)
        with room.connect(path) as person:
            assert person.people() >= 1


def test_mode_of_a_unix_socket_is_changed(prattled, tmp_path):
    path = tmp_path / 'room'
    room = prattled(f'[listen a]\naddress = unix:{path}\n')
    room.wait_log('listening')
    room.reload(f'[listen a]\naddress = unix:{path}\nmode = 0600\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    room.connect(path)


def test_options_for_new_connections(prattled):
    config = '[listen a]\naddress = 127.0.0.1:0\n'
    room = prattled(config)
    before = room.connect()
    log = room.reload(config + 'speak = line\n')
    assert 'reload: listen a.speak changed, for new connections\n' in log
    after = room.connect()
    before.send_bytes(b'\xff\xf6')
    before.expect_bytes(b'[Yes, I am here]\r\n')
    after.send_bytes(b'\xff\xf6\n')
    before.expect_next('guest2: \ufffd\ufffd')


def test_options_that_take_a_restart(prattled):
    room = prattled('')
    log = room.reload('[server]\npidfile = /run/x.pid\nuser = nobody\n')
    assert 'reload: server.pidfile changed, which takes a restart\n' in log
    assert 'reload: server.user changed, which takes a restart\n' in log


def test_a_bound_address_keeps_reuse_port_until_a_restart(prattled):
    config = '[listen a]\naddress = 127.0.0.1:0\n'
    room = prattled(config, listen=False)
    log = room.reload(config + 'reuse_port = yes\n')
    assert 'reload: listen a.reuse_port changed, which takes a restart\n' in log
    assert 'reload: done\n' in log


def test_command_line_stays_in_force(prattled):
    room = prattled('', args=['-o', 'server.name=Den'])
    ann, = room.people('ann')
    room.reload('[server]\nname = Other\n[listen a]\naddress = 127.0.0.9:1\n')
    assert ann.ask('/version')[0].startswith('-- Den runs')
    room.connect()


BROKEN = '''[room #new]
topic = Cake
[limits]
clients = -1
[listen main]
addres = 127.0.0.1:0
[format]
say = {nik}
'''


def test_broken_file_changes_nothing(prattled):
    config = '[listen main]\naddress = 127.0.0.1:0\n[room #lobby]\ntopic = Tea\n'
    room = prattled(config)
    ann, bob = room.people('ann', 'bob')
    log = room.reload(BROKEN)
    file = re.escape(str(room.file))
    for line, what in [(4, 'clients must be 0 to 1000000, not "-1"'),
                       (6, r'unknown key "addres" in \[listen\] \(did you mean'),
                       (8, r'say: there is no \{nik\} here')]:
        assert re.search(rf'error: reload: {file}:{line}: {what}', log)
    assert 'error: reload: failed, the old configuration stays in force\n' in log
    assert 'reload: done' not in log and 'listening' not in log
    assert not any('#new' in line for line in ann.ask('/rooms'))
    ann.send('hi')
    assert heard(ann, bob) == [['ann: hi']]
    assert room.connect(greet=False).expect('Topic of #lobby: Tea')
    assert 'reload: done' in room.reload(config)


def test_missing_file_changes_nothing(prattled):
    room = prattled('[room #lobby]\ntopic = Tea\n')
    ann, = room.people('ann')
    room.file.unlink()
    log = room.reload()
    assert f'reload: {room.file}: No such file or directory\n' in log
    assert 'reload: failed' in log
    assert ann.ask('/topic') == ['-- Topic of #lobby: Tea']


def test_listener_that_fails_changes_nothing(prattled, tmp_path):
    path = tmp_path / 'room'
    listen = f'[listen a]\naddress = unix:{path}'
    room = prattled(f'{listen}\n')
    room.wait_log('listening')
    ann = room.connect(path)
    with socket.socket() as busy:
        busy.bind(('127.0.0.1', 0))
        busy.listen()
        port = busy.getsockname()[1]
        log = room.reload(f'{listen}, unix:{path}2, 127.0.0.1:{port}\n'
                          '[room #lobby]\ntopic = Tea\n')
    assert f"reload: [listen a]: can't listen on 127.0.0.1:{port}: Address" in log
    assert 'reload: failed' in log
    assert not (tmp_path / 'room2').exists()
    assert ann.ask('/topic') == ['-- Topic of #lobby: (none)']
    room.connect(path)


def test_hundred_reloads_under_load(prattled, crowd, tmp_path):
    listen = '[listen main]\naddress = 127.0.0.1:0'
    good = [f'{listen}\n[room #lobby]\ntopic = {n}\n[room #r{n}]\n'
            f'[listen l{n}]\naddress = unix:{tmp_path}/l{n}\n' for n in range(3)]
    room = prattled(good[0])
    everybody = crowd(room, 50)
    wait_until(lambda: room.status()['people'] == 50, 'everybody')
    speakers = room.people('ann', 'bob')
    stop = threading.Event()
    counts = {}

    def talk(speaker):
        for n in itertools.count():
            speaker.send(f'line {n}')
            speaker.barrier()
            if stop.is_set():
                counts[speaker.nick] = n + 1
                return

    talkers = [threading.Thread(target=talk, args=[speaker]) for speaker in speakers]
    for talker in talkers:
        talker.start()
    results = []
    for n in range(100):
        log = room.reload(BROKEN if n % 2 else good[n // 2 % 3])
        results.append('reload: done\n' in log)
    stop.set()
    for talker in talkers:
        talker.join()
    assert results == [n % 2 == 0 for n in range(100)]
    speakers[0].send('the end')
    everybody.wait(b'ann: the end\r\n')
    for n in range(50):
        lines = everybody.lines(n)
        for speaker in speakers:
            said = [line for line in lines if re.match(f'{speaker.nick}: line', line)]
            assert said == [f'{speaker.nick}: line {m}'
                            for m in range(counts[speaker.nick])]
    status = room.status()
    assert status['people'] == 52 and status['reloads'] == 50
    assert 'disconnect' not in room.log()


# The others


def test_status_line(room):
    ann, bob = room.people('ann', 'bob')
    ann.ask('/join #den')
    ann.ask('one')
    bob.ask('two')
    room.signal(signal.SIGUSR1)
    room.wait_log(r'notice: status: 2 people, 2 rooms, 2 connections, 2 lines, '
                  r'0 reloads, up \d+ s, 0 log records dropped$')


def test_pipe_is_harmless(room):
    ann, bob = room.people('ann', 'bob')
    room.signal(signal.SIGPIPE)
    for _ in range(20):
        visitor = room.connect()
        visitor.send('/help')
        visitor.receive()
        visitor.close()
        ann.send('hi')
        bob.expect('ann: hi')
    assert_silence(ann, bob)
