# SPDX-License-Identifier: ISC
"""Operators, and what they keep order with."""

import re
import stat
import subprocess

import pytest

from harness import (AYT, DEADLINE, DO, ECHO, IAC, WILL, TelnetClient,
                     assert_silence, binary, environment, heard, wait_until)

SECRET = 'correct horse battery'
THERE = '127.0.0.2'

WARNING = 'It WILL BE VISIBLE as you type. '
QUESTION = '-- Passphrase of operator root? {}An empty line calls it off.'

TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'


@pytest.fixture(scope='module')
def hashed(tmp_path_factory):
    """The hash of the passphrase, made as an operator would make it."""
    folder = tmp_path_factory.mktemp('hash')
    done = subprocess.run([binary(), '--hash'], input=f'{SECRET}\n', text=True,
                          capture_output=True, timeout=DEADLINE, check=True,
                          env=environment(folder))
    assert re.fullmatch(r'\$\S{20,}\n', done.stdout)
    return done.stdout.strip()


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / 'state'
    folder.mkdir()
    return folder


@pytest.fixture
def config(state, hashed):
    return (f'[server]\nstate = {state}\n'
            f'[operator root]\nhash = {hashed}\n'
            f'[operator mod]\nhash = {hashed}\nlevel = moderator\n')


@pytest.fixture
def room(prattled, config):
    return prattled(config)


def oper(client, name='root', secret=SECRET):
    """Make somebody an operator."""
    __tracebackhide__ = True
    client.send(f'/oper {name}')
    client.expect(rf'Passphrase of operator {name}\?')
    client.send(secret)
    client.expect(rf'You are the \w+ {name} now\.$')
    return client


def audits(room):
    return re.findall(r'notice: audit: (.*)\n', room.log())


def saved(state):
    """The lines of the file of bans and mutes."""
    path = state / 'bans'
    text = path.read_text(encoding='utf-8') if path.exists() else ''
    return [line for line in text.splitlines() if line and not line.startswith('#')]


def wait_saved(state, *regexes):
    def look():
        lines = saved(state)
        return len(lines) == len(regexes) and all(map(re.fullmatch, regexes, lines))

    wait_until(look, lambda: f'{regexes} in {saved(state)}')


def edit(state, text):
    """Replace the file as an editor does: nobody sees half of it."""
    new = state / 'new'
    new.write_text(text)
    new.rename(state / 'bans')


def assert_refused(room, words, **options):
    __tracebackhide__ = True
    late = room.connect(greet=False, **options)
    lines = late.expect_end()
    assert len(lines) == 1 and re.fullmatch(words, lines[0]), lines


# Who is an operator


def test_passphrase_is_hidden_from_telnet_and_warned_of_elsewhere(room):
    plain = room.connect()
    plain.send('/oper root')
    plain.expect_next(QUESTION.format(WARNING))
    plain.send(SECRET)
    plain.expect_next('-- You are the operator root now.')
    peer = '%s:%d' % plain.sock.getsockname()
    telnet = room.connect(kind=TelnetClient, answers={
        bytes([WILL, ECHO]): bytes([IAC, DO, ECHO])})
    telnet.tell(IAC, AYT)
    telnet.send('/oper root')
    telnet.expect_next(QUESTION.format(''))
    assert telnet.commands[-1] == bytes([WILL, ECHO])
    telnet.send(SECRET)
    telnet.expect('You are the operator root now')
    for client in plain, telnet:
        assert b'horse' not in client.raw
    room.stop()
    assert 'horse' not in room.log()
    assert f'notice: audit: guest1 from {peer} is operator root\n' in room.log()


@pytest.mark.parametrize('name, secret', [
    ('root', 'please'), ('nobody', SECRET), ('root', SECRET.upper())])
def test_wrong_passphrase_makes_no_operator(room, name, secret):
    ann = room.connect()
    ann.send(f'/oper {name}', secret)
    ann.expect(f'^!! That is not the passphrase of operator {name}\\.$')
    ann.send('')
    ann.expect('^-- Called off\\.$')
    assert ann.ask('/wall hello') == ['!! You may not use /wall.']
    peer = '%s:%d' % ann.sock.getsockname()
    room.wait_log(f'notice: conn 1: wrong passphrase for operator {name} from {peer}$')
    assert secret not in room.log()
    room.wait_log('audit: .*refused /wall hello$')
    assert len(audits(room)) == 1


def test_levels_and_their_end(prattled, config, hashed):
    room = prattled(config)
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    oper(ann, 'mod')
    oper(bob)
    assert ann.ask('/ban cid') == ['!! You may not use /ban.']
    assert ann.ask('/kick bob') == ['!! bob is an operator.']
    assert ann.ask('/mute bob') == ['!! bob is an operator.']
    for order in ('/kick cid', '/mute cid', '/unmute cid', '/ban cid', '/unban cid', '/bans',
                  '/wall hi', '/lockdown', '/say #lobby hi', '/status', '/reload', '/check',
                  '/log', '/restart', '/shutdown'):
        assert cid.ask(order) == [f'!! You may not use {order.split()[0]}.']
    assert ann.ask('/oper') == ['-- You are not the operator mod any more.']
    assert ann.ask('/kick cid') == ['!! You may not use /kick.']
    # The file says who is one, and what that means, also for those who are here.
    room.reload(config.partition('[operator')[0] +
                f'[operator root]\nhash = {hashed}\nlevel = moderator\n')
    assert bob.ask('/ban cid') == ['!! You may not use /ban.']
    room.reload(config.partition('[operator')[0])
    assert bob.barrier() == ['-- You are not an operator any more.']
    assert bob.ask('/kick cid') == ['!! You may not use /kick.']


def test_addresses_are_seen_by_operators_only(room):
    ann, bob = room.people('ann', 'bob')
    late = room.connect(source=THERE)
    where = '%s:%d' % late.sock.getsockname()
    assert THERE not in '\n'.join(bob.ask(f'/whois {late.nick}'))
    oper(ann)
    assert f'-- {late.nick} comes from {where}.' in ann.ask(f'/whois {late.nick}')
    for client in bob, late:
        client.ask(f'/whois {late.nick}')
        assert THERE.encode() not in client.raw


# What they do


def test_kick(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    oper(ann)
    assert ann.ask('/kick bob too loud') == ['-- bob has been disconnected.']
    assert bob.expect_end() == ['!! You were kicked by ann: too loud']
    room.wait_log(r'conn 2: disconnect: kicked \(bob, ')
    assert room.ends() == {'kicked': 1}
    assert_silence(cid)
    room.connect().rename('bob')


def test_ban_of_an_address(room, state):
    ann, = room.people('ann')
    oper(ann)
    bob = room.connect(source=THERE).rename('bob')
    lines = ann.ask(f'/ban {THERE} 2h too loud')
    assert len(lines) == 1
    assert re.fullmatch(rf'-- Set: ban {THERE} until={TIME} by=ann set={TIME} too loud; '
                        '1 disconnected\\.', lines[0])
    assert bob.expect_end() == ['!! You were banned by ann: too loud']
    words = r'You are banned until \S+(?: \S+)*: too loud'
    assert_refused(room, words, source=THERE)
    room.connect()
    wait_saved(state, rf'ban {THERE} until={TIME} by=ann set={TIME} too loud')
    assert stat.S_IMODE((state / 'bans').stat().st_mode) & 0o600 == 0o600
    room.wait_log(r'conn 3: disconnect: banned \(-, 0 lines')
    assert room.ends()['banned'] == 2
    assert ann.ask(f'/unban {THERE}') == [f'-- {THERE}: not banned any more.']
    room.connect(source=THERE)
    wait_saved(state)
    assert ann.ask('/bans') == ['-- Nobody is banned or mute.']
    assert ann.ask(f'/unban {THERE}') == ['!! There is no such ban. /bans shows them.']


def test_ban_of_a_name(room):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    lines = ann.ask('/ban Bob')
    assert re.fullmatch(rf'-- Set: ban bob by=ann set={TIME}; 1 disconnected\.', lines[0])
    assert lines[1] == '-- The name is banned; /ban 127.0.0.1 bans the address, too.'
    assert bob.expect_end() == ['!! You were banned by ann.']
    bob = room.connect()
    assert bob.ask('/nick bOB') == ['!! The name bOB is banned.']
    assert ann.ask('/ban ann') == ['!! That would hit yourself.']


def test_wide_ban_is_shown_before(room, state):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    strangers = [room.connect(source=f'127.3.0.{n}') for n in range(1, 3)]
    preview = ['-- That would hit 2 of 4 here: guest3, guest4.', '-- Type yes to do it.']
    ann.send('/ban 127.3.0.0/16 1h flood')
    for line in preview:
        ann.expect_next(line)
    ann.send('no')
    ann.expect_next('-- Called off.')
    assert bob.people() == 4
    assert saved(state) == []
    ann.send('/ban 127.3.0.0/16 1h flood', 'yes')
    for line in preview:
        ann.expect_next(line)
    assert ann.expect('^-- Set: (.*)$')[1].endswith('flood; 2 disconnected.')
    for stranger in strangers:
        assert stranger.expect_end() == ['!! You were banned by ann: flood']
    assert_refused(room, 'You are banned until .*: flood', source='127.3.200.1')
    ann.send('/ban 127.0.0.0/8')
    ann.expect_next('!! That would hit yourself.')
    assert bob.people() == 2


def test_bans_outlive_the_daemon(prattled, config, state):
    room = prattled(config)
    ann, = room.people('ann')
    oper(ann)
    ann.ask(f'/ban {THERE} spam')
    ann.ask('/mute eve')
    room.stop()
    wait_saved(state, f'ban {THERE} .* spam', 'mute eve .*')
    again = prattled(config)
    assert_refused(again, 'You are banned: spam', source=THERE)
    eve, = again.people('eve')
    assert eve.ask('hello') == ['!! You may not speak.']


def test_bans_are_edited_by_hand(room, state):
    ann, bob = room.people('ann', 'bob')
    edit(state, f'# by hand\nban {THERE} by hand\nmute bob\n')
    room.reload()
    assert_refused(room, 'You are banned: by hand', source=THERE)
    assert bob.ask('hello') == ['!! You may not speak.']
    edit(state, 'mute bob\n')
    room.reload()
    room.connect(source=THERE)
    oper(ann)
    assert ann.ask('/bans') == ['-- mute bob']


def test_broken_line_is_told_and_nothing_is_lost(room, state):
    path = state / 'bans'
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    ann.ask(f'/ban {THERE} first')
    wait_saved(state, f'ban {THERE} .* first')
    broken = path.read_text() + 'bann 192.0.2.1\nban 192.0.2.2 untill=x\nban 192.0.2.3 kept\n'
    edit(state, broken)
    log = room.reload()
    lines = broken.splitlines()
    for line, words in (('bann', 'did you mean "ban"'), ('untill', 'did you mean until=')):
        number = next(n for n, text in enumerate(lines, 1) if line in text)
        assert re.search(rf'error: state: {re.escape(str(path))}:{number}: .*{words}', log)
    # What held before still does, and what an operator adds doesn't overwrite the file.
    assert_refused(room, 'You are banned: first', source=THERE)
    ann.ask('/ban bob')
    assert bob.expect_end() == ['!! You were banned by ann.']
    assert path.read_text() == broken
    edit(state, re.sub('bann.*\n|.*untill.*\n', '', broken))
    room.reload()
    wait_saved(state, 'ban 192\\.0\\.2\\.3 kept', f'ban {THERE} .* first', 'ban bob .*')


def test_mute(room, state):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    oper(ann, 'mod')
    lines = ann.ask('/mute bob 1h too loud')
    assert re.fullmatch(rf'-- Set: mute bob until={TIME} by=ann set={TIME} too loud', lines[0])
    assert bob.barrier() == ['-- You may not speak any more: ann has decided so.']
    for line in 'hello', '/me waves', '/msg cid hello', '/topic mine', '/nick rob':
        assert re.fullmatch('!! You may not speak until .*: too loud', bob.ask(line)[0]), line
    assert_silence(bob, cid)
    assert ann.ask('/unmute bob') == ['-- bob: may speak again.']
    assert bob.barrier() == ['-- You may speak again: ann has decided so.']
    assert heard(bob, cid) == [[]]
    bob.send('hello')
    cid.expect_next('bob: hello')


def test_mute_in_one_room(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    oper(ann)
    for client in ann, bob, cid:
        client.ask('/join #tea')
    ann.ask('/mute bob #tea')
    bob.barrier()
    assert bob.ask('hello') == ['!! You may not speak in #tea.']
    assert_silence(bob, cid)
    bob.ask('/join #lobby')
    bob.send('hello')
    assert any('bob: hello' in line for line in heard(bob, cid)[0])
    ann.ask('/unmute bob #tea')
    bob.ask('/join #tea')
    bob.send('hello')
    assert heard(bob, cid)[0][-1] == 'bob: hello'


def test_lockdown_ends_by_itself(room):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    ann.send('/lockdown closed 1s')
    for client in ann, bob:
        client.expect_next('-- Lockdown: nobody may come in.')
    assert_refused(room, 'Nobody may come in at the moment\\. Please try again later\\.')
    for client in ann, bob:
        client.expect_next('-- The lockdown has ended.')
    room.wait_log('notice: the lockdown has ended$')
    assert room.ends() == {'lockdown': 1}
    room.connect()
    assert ann.ask('/lockdown') == ['-- There is no lockdown.']


def test_lockdown_silences_newcomers(room):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    ann.ask('/lockdown mute')
    bob.barrier()
    late = room.connect()
    assert late.ask('hello') == ['!! Newcomers may not speak at the moment.']
    bob.send('hello')
    late.expect_next('bob: hello')
    ann.ask('/lockdown claimed')
    late.barrier()
    assert bob.ask('hello')[1:] == ['!! Only owners of claimed names may speak at the moment.']
    ann.ask('/lockdown off')
    late.send('hello')
    assert heard(late, ann) == [[f'{late.nick}: hello']]


def test_wall_reaches_all_rooms(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    oper(ann)
    bob.ask('/join #tea')
    bob.ask('/part #lobby')
    wanted = ['-- ann to all: back in five minutes']
    assert ann.ask('/wall back in five minutes') == wanted
    assert heard(ann, bob, cid) == [wanted] * 2


def test_rehash(prattled, config):
    room = prattled(config)
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    room.write(config + '[format]\nsay = <{nick}> {text}\n')
    assert ann.ask('/check') == [
        '-- A reload would change this:', '-- format.say changed']
    ann.send('hello')
    bob.expect_next('ann: hello')
    assert ann.ask('/rehash') == [
        '-- The configuration has been read again.', '-- format.say changed']
    ann.send('hello')
    bob.expect_next('<ann> hello')
    room.write(config + '[format]\nsay = <{nik}> {text}\n[limits]\nrat = 4\n')
    line = config.count('\n') + 2
    mistakes = [
        f'!! {room.file}:{line}: say: there is no {{nik}} here (did you mean {{nick}}?), '
        'only {nick}, {text}, {room}, {id}',
        f'!! {room.file}:{line + 2}: unknown key "rat" in [limits] (did you mean "rate"?)']
    assert ann.ask('/check') == ['!! A reload would change nothing, for mistakes:', *mistakes]
    assert ann.ask('/reload') == ['!! Nothing has changed, because of mistakes:', *mistakes]
    ann.send('hello')
    bob.expect_next('<ann> hello')


def test_reload_refuses_what_is_no_hash(prattled, config):
    room = prattled(config)
    log = room.reload(config.replace('[operator mod]\nhash = ', '[operator mod]\nhash = x'))
    line = config[:config.index('[operator mod]')].count('\n') + 2
    assert (f'reload: {room.file}:{line}: hash must be a hash as prattled --hash prints it '
            'or empty') in log
    assert 'reload: failed' in log
    oper(room.people('ann')[0])


def test_shutdown(room):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    ann.send('/shutdown')
    for client in ann, bob:
        assert client.expect_end() == ['-- The room is closing. Goodbye!']
    assert room.wait_exit() == 0
    room.wait_log('notice: /shutdown by ann: stopping, 2 people$')


def test_shutdown_in_a_while(room):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    told = ['-- This chat closes in 10 minutes (ann).']
    assert ann.ask('/shutdown in 10m') == told
    assert bob.barrier() == told
    called_off = ['-- This chat does not close after all.']
    assert ann.ask('/shutdown cancel') == called_off
    assert bob.barrier() == called_off
    ann.send('/shutdown in 1s')
    for client in ann, bob:
        assert client.expect_end() == [
            '-- This chat closes in 1 second (ann).', '-- The room is closing. Goodbye!']
    assert room.wait_exit() == 0
    room.wait_log('notice: /shutdown by ann: stopping, ')


def test_each_act_is_one_audit_line(room):
    ann, bob = room.people('ann', 'bob')
    oper(ann)
    where = '%s:%d' % ann.sock.getsockname()
    acts = ['/kick bob too loud', '/mute eve 1h', '/unmute eve', '/ban eve spam',
            '/ban 192.0.2.1', '/unban eve', '/wall hello', '/lockdown mute 1m',
            '/lockdown off', '/reload', '/say #lobby hi', '/log notice',
            '/restart', '/shutdown in 10m', '/shutdown cancel', '/kick nobody', '/shutdown']
    ann.send('/status', '/check', '/bans', '/log', '/lockdown', *acts)
    ann.expect_end()
    room.wait_exit()
    assert audits(room) == [f'ann from {where} is operator root'] + [
        f'ann (root) from {where}: {act}' for act in acts]


def test_confirmed_ban_is_in_the_log_with_what_it_did(room):
    ann, = room.people('ann')
    oper(ann)
    room.connect(source=THERE)
    ann.send('/ban 127.0.0.2/31 flood', 'yes')
    ann.expect('disconnected')
    where = '%s:%d' % ann.sock.getsockname()
    room.wait_log(rf'conn 1: set ban 127\.0\.0\.2/31 by=ann set={TIME} flood; 1 disconnected$')
    assert audits(room)[1:] == [f'ann (root) from {where}: /ban 127.0.0.2/31 flood']


@pytest.mark.parametrize('text', ['\x1b[2Jred\x9b31m', '\u202eesrever', 'tschüß ☃', 'a' * 3000])
def test_audit_line_is_one_of_plain_characters(room, text):
    ann, = room.people('ann')
    oper(ann)
    ann.ask(f'/wall {text}')
    room.stop()
    assert len(audits(room)) == 2
    assert re.fullmatch('[\n -~]*', room.log())
