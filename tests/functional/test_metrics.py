# SPDX-License-Identifier: ISC
"""Numbers for monitoring: that they are true, and can be read by other programs."""

import os
import resource
import subprocess
from signal import SIGUSR1

import pytest

from harness import DEADLINE, ctl, rss, wait_until
from openmetrics import Numbers
from test_restart import restart


@pytest.fixture
def counted(prattled):
    """counted(config): a daemon, and room.numbers() as prattlectl prints them."""

    def start(config='', **options):
        room = prattled(config, control=True, **options)
        room.metrics = lambda *words: '\n'.join([*room.ctl('metrics', *words), ''])
        room.numbers = lambda: Numbers(room.metrics())
        return room

    return start


def test_both_formats_say_the_same(counted):
    room = counted()
    ann, _ = room.people('ann', 'bob')
    ann.ask('hello')
    new, old = room.numbers(), Numbers(room.metrics('prometheus'), prometheus=True)
    assert new.samples.keys() == old.samples.keys()
    assert new.families.keys() == old.families.keys()
    for name in 'people', 'rooms', 'connections', 'lines_total', 'sent_bytes_total':
        assert new.get(name) == old.get(name) > 0


def test_a_parser_of_others_takes_it(counted):
    parser = pytest.importorskip(
        'prometheus_client.openmetrics.parser',
        reason='python3-prometheus-client is not installed')
    room = counted()
    room.connect()
    text = room.metrics()
    theirs = {}
    for family in parser.text_string_to_metric_families(text):
        for sample in family.samples:
            theirs[(sample.name, *sorted(sample.labels.items()))] = sample.value
    assert theirs == Numbers(text).samples


def test_promtool_takes_it(counted, need):
    promtool = need('promtool')
    room = counted()
    done = subprocess.run([promtool, 'check', 'metrics'], input=room.metrics('prometheus'),
                          capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


def test_nothing_that_people_choose_is_in_it(counted):
    room = counted('[room #giraffe]\ntopic = okapi\n')
    ann = room.connect().rename('zebra')
    ann.ask('/join #gnu')
    ann.ask('/topic antelope')
    ann.ask('eland')
    text = room.metrics()
    for word in 'zebra', 'giraffe', 'gnu', 'antelope', 'eland', 'okapi', '127.0.0.1':
        assert word not in text


def test_people_and_lines(counted):
    room = counted('[limits]\nclients = 3\n')
    assert room.numbers().get('people') == 0
    ann, bob, eve = room.people('ann', 'bob', 'eve')
    before = room.numbers()
    assert before.get('people') == before.get('connections') == 3
    assert before.get('rooms') == 1
    ann.ask('one')
    bob.ask('two')
    eve.ask('/join #dev')
    after = room.numbers()
    assert after.get('rooms') == 2
    assert after.get('lines_total') - before.get('lines_total') == 2
    # With the commands, and three questions of how long it runs.
    assert after.get('input_lines_total') - before.get('input_lines_total') == 6
    room.connect(greet=False).expect_end()
    bob.send('/quit')
    bob.expect_end()
    room.wait_log('disconnect: quit')
    numbers = room.numbers()
    assert numbers.get('connects_total', result='accepted') == 3
    assert numbers.get('connects_total', result='refused') == 1
    assert numbers.get('disconnects_total', reason='full') == 1
    assert numbers.get('disconnects_total', reason='quit') == 1
    assert numbers.get('disconnects_total', reason='flood') == 0
    assert numbers.get('people') == 2


def test_deliveries(counted):
    """A line is told once to each of the others who sees it, in whatever way."""
    room = counted()
    ann, bob, cid, dan, eve = room.people('ann', 'bob', 'cid', 'dan', 'eve')
    bob.ask('/bell all')
    cid.ask('/ignore ann')
    dan.ask('/timestamp on')
    eve.ask('/join #dev')
    before = room.numbers()
    ann.ask('hello bob and dan')
    ann.ask('hello again')
    # Two lines for three, and the two answers that Ann has asked for.
    assert room.numbers().get('deliveries_total') - before.get(
        'deliveries_total') == 2 * 3 + 2
    for listener in bob, dan, eve:
        listener.expect('hello again$')


def test_bytes(counted):
    room = counted()
    ann, bob = room.people('ann', 'bob')
    before = room.numbers()
    got = len(ann.raw) + len(bob.raw)
    ann.send('hello')
    bob.expect('^ann: hello$')
    after = room.numbers()
    assert after.get('received_bytes_total') - before.get(
        'received_bytes_total') == len('hello\n')
    assert after.get('sent_bytes_total') - before.get(
        'sent_bytes_total') == len(ann.raw) + len(bob.raw) - got == len('ann: hello\r\n')


def test_who_does_not_read(counted):
    room = counted('[limits]\nsend_queue_soft = 16k\n')
    ann = room.connect().rename('ann')
    slow = room.connect(receive_buffer=4096)
    assert room.numbers().get('queue_bytes') == 0

    def is_skipped():
        ann.ask('x' * 1000)
        return room.numbers().get('skipped_lines_total') > 0

    wait_until(is_skipped, 'lines to be skipped')
    assert room.numbers().get('queue_bytes') > 0
    slow.expect(r'lines? skipped\]$')
    assert room.numbers().get('queue_bytes') == 0


def test_a_restart_in_place_goes_on_counting(counted):
    room = counted()
    ann, bob = room.people('ann', 'bob')
    ann.ask('hello')
    bob.send('/quit')
    bob.expect_end()
    room.reload('[nonsense]\n')
    room.reload('')
    room.wait_log('disconnect: quit')
    before = room.numbers()
    restart(room)
    after = room.numbers()
    for family in before.families.values():
        for sample in family.samples:
            later = after.get(sample.name.removeprefix('prattle_'), **sample.labels)
            if family.type == 'counter':
                assert later >= sample.value, sample
    for name in 'lines_total', 'input_lines_total', 'start_time_seconds':
        assert after.get(name) == before.get(name) > 0
    for labels in ({'reason': 'quit'}, {'reason': 'eof'}):
        assert after.get('disconnects_total', **labels) == before.get(
            'disconnects_total', **labels)
    assert after.get('turn_seconds_count') >= before.get('turn_seconds_count')
    assert after.get('restarts_total') == before.get('restarts_total') + 1 == 1


def test_reloads(counted):
    room = counted()
    good = room.file.read_text(encoding='utf-8')
    room.reload()
    room.reload()
    assert 'failed' in room.reload(good + 'nonsense\n')
    numbers = room.numbers()
    assert numbers.get('reloads_total', result='done') == 2
    assert numbers.get('reloads_total', result='failed') == 1


def test_the_loop(counted):
    room = counted()
    before = room.numbers()
    ann = room.connect()
    for _ in range(20):
        ann.barrier()
    after = room.numbers()
    turns = after.get('turn_seconds_count') - before.get('turn_seconds_count')
    assert turns >= 20
    took = after.get('turn_seconds_sum') - before.get('turn_seconds_sum')
    assert 0 < took < DEADLINE
    assert after.get('cpu_seconds_total') < DEADLINE


def test_a_turn_that_takes_long_is_seen(counted, fake_clock):
    """In the midst of one the clock goes on: whatever it was, the others waited."""
    room = counted(env=fake_clock.env)
    ann = room.connect()
    ann.barrier()
    over = room.numbers().get('turn_seconds_bucket', le='0.524288')
    count = room.numbers().get('turn_seconds_count')
    assert count == over
    # A reload reads a file that takes a second to be there.
    fifo = room.file.with_suffix('.new')
    os.mkfifo(fifo)
    fifo.rename(room.file)
    room.signal(1)
    with open(fifo.with_suffix('.ini'), 'w', encoding='utf-8') as slow:
        fake_clock.wait(1)
        slow.write('[server]\nname = Later\n')
    room.wait_log('reload: done')
    numbers = room.numbers()
    assert numbers.get('turn_seconds_count') > numbers.get(
        'turn_seconds_bucket', le='0.524288')


def test_the_process(counted):
    room = counted()
    room.connect()
    numbers = room.numbers()
    open_fds = len(os.listdir(f'/proc/{room.pid}/fd'))
    # The one who asks is gone again by now, or not.
    assert open_fds <= numbers.get('open_fds') <= open_fds + 1
    limit = resource.prlimit(room.pid, resource.RLIMIT_NOFILE)
    assert numbers.get('max_fds') == limit[0]
    assert abs(numbers.get('resident_memory_bytes') - rss(room.pid)) < 8 << 20
    assert numbers.get('build_info', version=room_version(room)) == 1
    started = os.stat(f'/proc/{room.pid}').st_mtime
    assert abs(numbers.get('start_time_seconds') - started) < DEADLINE


def room_version(room):
    return room.wait_log(r'prattle (\S+) starts')[1]


def test_bans_and_claims(counted, tmp_path):
    state = tmp_path / 'state'
    state.mkdir()
    (state / 'bans').write_text('ban eve\nban 192.0.2.0/24\nmute bob\n', encoding='ascii')
    room = counted(f'[server]\nstate = {state}\n')
    numbers = room.numbers()
    assert numbers.get('bans') == 3
    assert numbers.get('claims') == 0


def test_dropped_records(counted):
    room = counted()
    room.signal(SIGUSR1)
    room.wait_log('0 log records dropped')
    assert room.numbers().get('log_records_dropped_total') == 0


def test_other_formats_are_refused(counted):
    room = counted()
    code, out, err = ctl(room.control, 'metrics', 'xml')
    assert (code, out) == (1, '')
    assert err.endswith('The format can be openmetrics, the default, or prometheus.\n')
