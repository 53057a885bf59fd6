# SPDX-License-Identifier: ISC
"""What contrib/ has for programs that read the log, with logs that the daemon wrote."""

import collections
import os
import re
import shutil
import subprocess

import pytest

from harness import DEADLINE, SOURCES, UNPACKED, assert_silence, binary, wait_until

CONTRIB = SOURCES / 'contrib'

HTTP = b'GET / HTTP/1.1\r\nHost: x\r\n\r\n'


def output_of(*words, **env):
    __tracebackhide__ = True
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=DEADLINE, env={**os.environ, **env}, check=False)
    assert done.returncode == 0, f'{words}: {done.stdout}{done.stderr}'
    return done.stdout


# fail2ban


@pytest.fixture
def fail2ban(need, tmp_path):
    """fail2ban('regex', ...): its program, with what contrib has in its configuration."""
    program = need('fail2ban-regex')
    etc = UNPACKED / 'etc/fail2ban' if str(UNPACKED) in program else '/etc/fail2ban'
    config = tmp_path / 'fail2ban'
    shutil.copytree(etc, config)
    shutil.copytree(CONTRIB / 'fail2ban', config, dirs_exist_ok=True)

    def call(name, *args):
        return output_of('/usr/bin/python3', program.replace('-regex', f'-{name}'), '-c',
                         config, *args, PYTHONDONTWRITEBYTECODE='1',
                         PYTHONPATH=UNPACKED / 'usr/lib/python3/dist-packages')

    return call


# What stands ahead of a record, and how fail2ban is told of it.
FORMATS = {
    'standard error': (r'\g<0>', 'prattled'),
    'syslog': ('Nov 21 10:11:12 host prattled[4711]: ', 'prattled'),
    'new syslog': ('2026-11-21T10:11:12.123456+00:00 host prattled[4711]: ', 'prattled'),
    'journal': ('Nov 21 10:11:12 host prattled[4711]: ', 'prattled[logtype=journal]'),
}


@pytest.fixture
def found(fail2ban, tmp_path):
    """found(log): how often each address is found in a log of the daemon."""

    def look(log, form='standard error'):
        ahead, how = FORMATS[form]
        path = tmp_path / 'to-be-read'
        path.write_text(re.sub(r'^[-\d]{10} [:\d]{8} \w+: ', ahead, log,
                               flags=re.MULTILINE))
        out = fail2ban('regex', '-o', 'ip', path, how)
        return dict(collections.Counter(out.split()))

    return look


@pytest.mark.parametrize('form', FORMATS)
def test_fail2ban_finds_who_does_harm(prattled, found, form):
    hashed = subprocess.run([binary(), '--hash'], input='correct horse\n', text=True,
                            stdout=subprocess.PIPE, check=True).stdout.strip()
    room = prattled(
        '[listen main]\naddress = 127.0.0.1:0, [::1]:0\n'
        f'[operator ann]\nhash = {hashed}\n'
        '[limits]\nexempt =\nconnects_per_address = 3\nburst = 100\nflood_time = 1ms\n',
        rate=1, ready=r'(?:listening on (?s:.*)){2}')
    port6 = int(room.wait_log(r'listening on \[::1\]:(\d+)')[1])
    # An operator who mistypes, and whose words look like a record.
    ann = room.connect(source='127.0.0.2')
    ann.send('/oper ann', 'corect horse', 'wrong', 'correct horse')
    ann.expect('You are the operator ann now')
    ann.send('/wall conn 9: wrong passphrase for x from 192.0.2.1:1')
    room.connect(source='127.0.0.3', greet=False).send_bytes(HTTP)
    room.connect(('::1', port6), greet=False).send_bytes(HTTP)
    flooder = room.connect(source='127.0.0.4')
    flooder.send(*['x'] * 1000)
    flooder.expect_end()
    for _ in range(5):
        room.connect(source='127.0.0.5', greet=False)
    good = room.connect(source='127.0.0.6')
    good.send('/quit')
    good.expect_end()
    room.wait_log(r'disconnect: quit')
    wait_until(lambda: len(re.findall(
        'disconnect: (?:another|flooding|too many)', room.log())) == 5,
               lambda: room.log())
    assert found(room.log(), form) == {
        '127.0.0.2': 2, '127.0.0.3': 1, '::1': 1, '127.0.0.4': 1, '127.0.0.5': 2}


def test_fail2ban_knows_numbers_of_connections_that_come_again(prattled, found):
    """A daemon that was killed has left connections that never ended in the log."""
    first = prattled()
    first.connect(source='127.0.0.2')
    first.process.kill()
    first.wait_exit()
    second = prattled()
    second.connect(source='127.0.0.3', greet=False).send_bytes(HTTP)
    second.wait_log('disconnect: another protocol')
    assert found(first.log() + second.log()) == {'127.0.0.3': 1}


def test_fail2ban_takes_the_jail(fail2ban):
    out = fail2ban('client', '-d')
    assert "['add', 'prattled', 'systemd']" in out
    assert "['set', 'prattled', 'maxretry', 10]" in out
    assert "'_SYSTEMD_UNIT=prattled.service', '+'" in out


# logrotate


def test_log_is_rotated(prattled, need, tmp_path):
    program = need('logrotate')
    log = tmp_path / 'prattled.log'
    text = (CONTRIB / 'logrotate/prattled').read_text(encoding='ascii')
    assert '/var/log/prattled.log {' in text
    config = tmp_path / 'logrotate.conf'
    config.write_text(text.replace('/var/log/prattled.log', str(log)))
    config.chmod(0o600)
    with open(log, 'ab') as stderr:
        room = prattled(stderr=stderr, ready=None)
    wait_until(lambda: 'listening on ' in log.read_text(), 'the start')
    port = int(re.search(r'listening on 127\.0\.0\.1:(\d+)', log.read_text())[1])
    room.connect(('127.0.0.1', port))
    wait_until(lambda: 'conn 1: connect' in log.read_text(), 'the first one')
    output_of(program, '-f', '-s', tmp_path / 'state', config)
    room.connect(('127.0.0.1', port))
    wait_until(lambda: 'conn 2: connect' in log.read_text(), 'the second one')
    # The old records are in the other file, and nothing but records is in the new one.
    assert 'conn 1: connect' not in log.read_text()
    assert log.read_text().startswith('20')
    assert 'conn 1: connect' in (tmp_path / 'prattled.log.1').read_text()


# The container


def test_health_of_the_container(prattled, need):
    need('nc')
    text = (SOURCES / 'Containerfile').read_text(encoding='utf-8')
    command = re.search(r'^HEALTHCHECK .*\n\s*CMD (.*)$', text, re.MULTILINE)[1]
    room = prattled()
    bob, = room.people('bob')
    check = command.replace(' 4000 ', f' {room.port} ')
    assert check != command
    assert subprocess.run(['sh', '-c', check], timeout=DEADLINE, check=False).returncode == 0
    assert_silence(bob, bob)
    room.stop()
    assert subprocess.run(['sh', '-c', check], timeout=DEADLINE, check=False).returncode != 0
