# SPDX-License-Identifier: ISC
"""People, rooms and commands, as people see them."""

import re
from datetime import datetime, timedelta

import pytest

from harness import TelnetClient, assert_silence, heard

COMMANDS = '''quit nick me msg reply who whois join part rooms topic away back ignore
unignore history quiet timestamp zone color bell motd version uptime set help claim
release passphrase oper kick mute unmute ban unban bans wall lockdown say status reload
check log restart shutdown'''.split()

SETTINGS = 'quiet timestamp zone color theme bell edit pager reader'.split()


# Coming and talking


def test_newcomer_is_in_the_first_room_at_once(room):
    newcomer = room.connect(greet=False)
    newcomer.expect_next('-- Welcome to prattle! You are guest1 in #lobby. '
                         'Type to talk, /help for more.')
    newcomer.expect_next('-- In #lobby: nobody but you')
    other = room.connect()
    assert other.nick == 'guest2'
    other.send('hello')
    newcomer.expect_next('guest2: hello')
    newcomer.send('hello yourself')
    other.expect_next('guest1: hello yourself')


def test_newcomer_is_told_who_is_there(room):
    room.people('ann', 'bob')
    newcomer = room.connect(greet=False)
    newcomer.expect(r'^-- In #lobby: (ann, bob|bob, ann) and you$')


def test_line_goes_to_all_others_and_not_to_its_sender(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    assert ann.ask('hello') == []
    assert heard(ann, bob, cid) == [['ann: hello']] * 2


def test_lines_stay_in_order_and_whole(room):
    ann, bob = room.people('ann', 'bob')
    lines = [f'line {n} ' + 'x' * (n % 97) for n in range(500)]
    ann.send(*lines)
    assert heard(ann, bob) == [[f'ann: {line}' for line in lines]]


def test_empty_lines_are_not_said(room):
    ann, bob = room.people('ann', 'bob')
    ann.send('', '   ', '\t')
    assert_silence(ann, bob)


def test_blanks_of_a_line_stay(room):
    ann, bob = room.people('ann', 'bob')
    ann.send('  two  blanks  ')
    bob.expect_next('ann:   two  blanks  ')


def test_doubled_slash_says_one(room):
    ann, bob = room.people('ann', 'bob')
    ann.send('//etc/passwd', '// comment', '//')
    assert heard(ann, bob) == [['ann: /etc/passwd', 'ann: / comment', 'ann: /']]


@pytest.mark.parametrize('text', ['héllo ☃ 日本語', 'Ü “quotes” Привет 😀', 'a\u0301',
                                  '👩‍👩‍👧', 'שלום עולם'])
def test_utf8_stays_as_it_is(room, text):
    ann, bob = room.people('ann', 'bob')
    ann.send(text)
    bob.expect_next(f'ann: {text}')


def test_first_room_with_autojoin_is_the_current_one(prattled):
    room = prattled('''
[room #attic]
[room #hall]
autojoin = yes
[room #cellar]
autojoin = yes
''')
    newcomer = room.connect(greet=False)
    newcomer.expect('You are guest1 in #hall')
    newcomer.expect('In #hall: ')
    newcomer.expect('In #cellar: ')
    rooms = newcomer.ask('/rooms')
    assert [line.split()[1:3] for line in rooms[:3]] == [
        ['#attic', '0'], ['+', '#cellar'], ['*', '#hall']]


def test_first_room_of_the_file_takes_all_without_autojoin(prattled):
    room = prattled('[room #one]\n[room #two]\n')
    room.connect(greet=False).expect('You are guest1 in #one')


# Names


def test_rename_is_told_to_all_who_know_the_person(prattled):
    room = prattled(settle='0')
    ann, bob = room.connect(), room.connect()
    ann.barrier()
    assert bob.ask('/nick bob') == ['-- guest2 is now bob']
    ann.expect_next('-- guest2 is now bob')
    bob.send('hi')
    ann.expect_next('bob: hi')


def test_rename_of_somebody_unknown_is_told_to_nobody(room):
    ann, bob = room.connect(), room.connect()
    assert bob.ask('/nick bob') == ['-- guest2 is now bob']
    assert_silence(bob, ann)
    bob.send('hi')
    ann.expect_next('bob: hi')
    bob.send('/nick rob')
    assert heard(bob, ann) == [['-- bob is now rob']]


@pytest.mark.parametrize('name', ['ann', 'Ann_2', 'a-', '_', '7', 'x' * 16, 'guest',
                                  'guesty', 'guest7a', 'my-guest7'])
def test_name_is_taken(room, name):
    assert room.connect().ask(f'/nick {name}') == [f'-- guest1 is now {name}']


@pytest.mark.parametrize('name, why', [
    ('x' * 17, 'too long: at most 16 characters'),
    ('ü', 'A name is made of the letters A to Z, digits, _ and -, '
          'and does not begin with -.'),
    ('--', 'A name is made of'),
    ('ann!', 'A name is made of'),
    ('a.b', 'A name is made of'),
    ('#ann', 'A name is made of'),
    ('guest7', 'Names like guest7 are given to newcomers'),
    ('Guest1', 'Names like guest7 are given to newcomers'),
    ('GUEST0', 'Names like guest7 are given to newcomers'),
    ('bob', 'The name bob is taken.'),
    ('BoB', 'The name bob is taken.'),
])
def test_name_is_refused(room, name, why):
    room.people('bob')
    ann = room.connect()
    answer = ann.ask(f'/nick {name}')
    assert len(answer) == 1 and answer[0].startswith('!! ') and why in answer[0]
    assert ann.ask('/whois guest2')[0].startswith('-- guest2 came')


def test_name_of_somebody_who_left_is_free(room):
    ann, bob = room.people('ann', 'bob')
    ann.send('/quit')
    ann.expect_end()
    bob.barrier()
    assert bob.ask('/nick ANN') == ['-- bob is now ANN']


def test_case_of_the_own_name_can_be_changed(room):
    ann, = room.people('ann')
    assert ann.ask('/nick Ann') == ['-- ann is now Ann']
    assert ann.ask('/nick Ann') == ['!! That is your name already.']


def test_nick_length_is_an_option(prattled):
    ann = prattled('[limits]\nnick_length = 3\n').connect()
    assert 'too long: at most 3 characters' in ann.ask('/nick anna')[0]
    assert ann.ask('/nick ann') == ['-- guest1 is now ann']


# Coming and going


def test_coming_and_going_is_told(prattled):
    room = prattled(settle='0')
    ann = room.connect()
    ann.barrier()
    bob = room.connect()
    ann.expect_next('-- guest2 has joined #lobby')
    bob.send('/quit so long')
    assert bob.expect_end() == ['-- Goodbye!']
    ann.expect_next('-- guest2 has quit (so long)')


def test_coming_is_told_when_the_newcomer_has_settled(prattled):
    room = prattled(settle='50ms')
    ann, _ = room.connect(), room.connect()
    ann.expect('^-- guest2 has joined #lobby$')


def test_who_leaves_before_settling_is_not_mentioned(room):
    ann, = room.people('ann')
    for n in range(20):
        with room.connect() as visitor:
            visitor.send('deploy done')
            visitor.end_input()
            visitor.expect_end()
        ann.expect_next(f'{visitor.nick}: deploy done')
    assert ann.barrier() == []
    assert ann.people() == 1


def test_reset_and_plain_close_are_told(prattled):
    room = prattled(settle='0')
    ann = room.connect()
    ann.barrier()
    bob = room.connect()
    ann.expect('guest2 has joined')
    bob.close()
    ann.expect(r'^-- guest2 has quit \(.+\)$')


def test_leaving_is_told_once_to_those_who_share_several_rooms(prattled):
    room = prattled(settle='0')
    ann, bob = room.connect(), room.connect()
    for who in ann, bob:
        who.ask('/join #a')
        who.ask('/join #b')
    bob.send('/quit')
    bob.expect_end()
    seen = ann.barrier()
    assert [line for line in seen if 'quit' in line] == ['-- guest2 has quit']


# Rooms


def test_rooms_come_with_join_and_go_when_empty(room):
    ann, bob = room.people('ann', 'bob')
    assert ann.ask('/join #den') == ['-- You are talking in #den now.',
                                     '-- In #den: nobody but you']
    assert [line.split()[1:3] for line in bob.ask('/rooms')[:2]] == [
        ['#den', '1'], ['*', '#lobby']]
    assert ann.ask('/part') == ['-- You have left #den.',
                                '-- You are talking in #lobby now.']
    assert not any('#den' in line for line in bob.ask('/rooms'))


def test_room_vanishes_with_its_last_person(room):
    ann, bob = room.people('ann', 'bob')
    ann.ask('/join den')
    ann.send('/quit')
    ann.expect_end()
    assert not any('#den' in line for line in bob.ask('/rooms'))


def test_rooms_of_the_file_stay_when_empty(prattled):
    room = prattled('[room #lobby]\n[room #den]\ntopic = Tea\n')
    ann = room.connect()
    ann.ask('/join #den')
    ann.ask('/part')
    assert any(re.search(r'#den +0 people +Tea', line) for line in ann.ask('/rooms'))


def test_lines_go_to_the_current_room_only(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    ann.ask('/join #den')
    bob.ask('/join #den')
    ann.send('in the den')
    assert heard(ann, bob, cid) == [['ann: in the den'], []]
    ann.ask('/join #lobby')
    ann.send('in the lobby')
    assert heard(ann, bob, cid) == [['#lobby ann: in the lobby'],
                                    ['ann: in the lobby']]


def test_names_of_rooms_have_no_case_and_need_no_hash(room):
    ann, bob = room.people('ann', 'bob')
    ann.ask('/join Den')
    bob.ask('/join #DEN')
    ann.send('hi')
    bob.expect('^ann: hi$')


def test_join_and_part_are_told_in_the_room(prattled):
    room = prattled(settle='0')
    ann, bob = room.connect(), room.connect()
    ann.ask('/join #den')
    bob.ask('/join #den')
    assert '-- guest2 has joined #den' in ann.barrier()
    bob.ask('/part')
    assert ann.barrier() == ['-- guest2 has left #den']


def test_somebody_in_no_room_is_told_so(room):
    ann, bob = room.people('ann', 'bob')
    assert ann.ask('/part')[-1] == '-- You are in no room now. /join enters one.'
    assert ann.ask('anybody?')[0].startswith('!! You are in no room')
    bob.send('gone?')
    assert heard(bob, ann) == [[]]


def test_limits_of_rooms(prattled):
    room = prattled('''
[room #lobby]
[room #small]
max_people = 1
[limits]
rooms = 1
rooms_per_person = 3
room_length = 5
''')
    ann, bob = room.people('ann', 'bob')
    ann.ask('/join #small')
    assert bob.ask('/join #small') == ['!! #small is full.']
    assert 'too long: at most 5 characters' in bob.ask('/join #abcde')[0]
    assert 'letters A to Z' in bob.ask('/join #a!')[0]
    assert bob.ask('/join #abcd')[0] == '-- You are talking in #abcd now.'
    assert bob.ask('/join #xyz') == ['!! No more rooms can be opened now.']
    assert ann.ask('/join #abcd')[0] == '-- You are talking in #abcd now.'
    assert ann.ask('/join #xyz')[0].startswith('!! You are in 3 rooms')


def test_full_house_sends_newcomers_away(prattled):
    room = prattled('[limits]\nclients = 2\n')
    ann, bob = room.people('ann', 'bob')
    cid = room.connect(greet=False)
    assert cid.expect_end() == ['Too many people are here already. Please try again later.']
    bob.send('/quit')
    bob.expect_end()
    assert ann.people() == 1
    room.connect()
    assert_silence(ann)


def test_idle_people_are_sent_away(prattled):
    room = prattled('[limits]\nidle_timeout = 200ms\n')
    ann = room.connect()
    assert ann.expect_end() == ['!! You were idle for too long. Goodbye!']
    room.wait_log(r'conn 1: disconnect: idle ')


# History


def test_last_lines_are_shown_on_joining(prattled):
    room = prattled('[room #lobby]\nhistory = 3\n')
    ann, = room.people('ann')
    ann.send('one', 'two', '/me counts', 'four')
    ann.barrier()
    newcomer = room.connect(greet=False)
    assert newcomer.until('^-- In #lobby')[0][1:] == [
        '-- Earlier in #lobby:', 'ann: two', '* ann counts', 'ann: four']


def test_history_of_an_opened_room(prattled):
    room = prattled('[room *]\nhistory = 2\n')
    ann, bob = room.people('ann', 'bob')
    ann.ask('/join #den')
    ann.send('one', 'two', 'three')
    ann.barrier()
    assert bob.ask('/join #den') == [
        '-- You are talking in #den now.', '-- Earlier in #den:', 'ann: two',
        'ann: three', '-- In #den: ann and you']


def test_no_history_if_none_is_wanted(prattled):
    room = prattled('[room #lobby]\nhistory = 0\n')
    ann, = room.people('ann')
    ann.ask('one')
    newcomer = room.connect(greet=False)
    assert len(newcomer.until('^-- In #lobby')[0]) == 1
    assert newcomer.ask('/history') == ['-- #lobby remembers nothing of that.']


def test_history_shows_a_number_of_lines_or_a_time(room):
    ann, bob = room.people('ann', 'bob')
    ann.send('one', 'two', 'three')
    bob.expect('three')
    end = '-- End of the earlier lines.'
    start = '-- Earlier in #lobby:'
    everything = [start, 'ann: one', 'ann: two', 'ann: three', end]
    assert bob.ask('/history') == everything
    assert bob.ask('/history 1h') == everything
    assert bob.ask('/history 2') == [start, 'ann: two', 'ann: three', end]
    assert bob.ask('/last 1') == [start, 'ann: three', end]


# Private messages


def test_private_message_reaches_one_person(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    assert ann.ask('/msg bob psst  you') == ['[to bob] psst  you']
    assert heard(ann, bob, cid) == [['[ann] psst  you'], []]
    assert bob.ask('/reply what?') == ['[to ann] what?']
    assert heard(bob, ann, cid) == [['[bob] what?'], []]


def test_reply_follows_the_person(room):
    ann, bob = room.people('ann', 'bob')
    ann.ask('/msg bob hi')
    ann.ask('/nick anna')
    bob.ask('/r yes?')
    assert ann.barrier() == ['[bob] yes?']
    ann.send('/quit')
    ann.expect_end()
    assert bob.ask('/r still there?')[-1] == '!! Who wrote to you last has left.'


def test_sender_learns_that_the_other_is_away(room):
    ann, bob = room.people('ann', 'bob')
    bob.ask('/away out for tea')
    assert ann.ask('/msg bob hi') == ['[to bob] hi', '-- bob is away: out for tea.']
    bob.ask('/back')
    assert ann.ask('/msg bob hi') == ['[to bob] hi']
    bob.ask('/away')
    assert ann.ask('/msg bob hi') == ['[to bob] hi', '-- bob is away.']


def test_private_message_to_somebody_who_ignores(room):
    ann, bob = room.people('ann', 'bob')
    bob.ask('/ignore ann')
    assert ann.ask('/msg bob hi') == ['!! Not delivered: bob is ignoring you.']
    assert bob.barrier() == []


# Commands


# Only those who may use them see these.
OPERATORS = '''kick mute unmute ban unban bans wall lockdown say status reload check log
restart shutdown'''.split()

# Without a folder for claims, and without operators.
OF_NO_USE = 'claim release passphrase oper'.split()


def test_every_command_is_in_the_help(room):
    ann, = room.people('ann')
    answer = ann.ask('/help')
    listed = [m[1] for line in answer if (m := re.match(r'-- /(\w+)', line))]
    assert sorted(listed) == sorted(set(COMMANDS) - set(OPERATORS) - set(OF_NO_USE))


@pytest.mark.parametrize('command', COMMANDS)
def test_help_of_one_command(room, command):
    ann, = room.people('ann')
    for typed in command, f'/{command}', command.upper():
        assert re.match(rf'-- /{command}\b.*: [A-Z].*\.$', ann.ask(f'/help {typed}')[0])


@pytest.mark.parametrize('line, answer', [
    ('/me waves', r'^\* ann waves$'),
    ('/emote waves', r'^\* ann waves$'),
    ('/msg bob hi', r'^\[to bob\] hi$'),
    ('/tell BOB hi', r'^\[to bob\] hi$'),
    ('/w bob hi', r'^\[to bob\] hi$'),
    ('/pm bob hi', r'^\[to bob\] hi$'),
    ('/m bob hi', r'^\[to bob\] hi$'),
    ('/who', r'^-- #lobby \(2\):$'),
    ('/names', r'^-- #lobby \(2\):$'),
    ('/users', r'^-- #lobby \(2\):$'),
    ('/who #lobby', r'^-- #lobby \(2\):$'),
    ('/who lobby', r'^-- #lobby \(2\):$'),
    ('/whois bob', r'^-- bob came \d+ seconds? ago, last typed \d+ seconds? ago\.$'),
    ('/finger Bob', r'^-- bob came '),
    ('/join den', r'^-- You are talking in #den now\.$'),
    ('/go den', r'^-- You are talking in #den now\.$'),
    ('/j den', r'^-- You are talking in #den now\.$'),
    ('/part', r'^-- You have left #lobby\.$'),
    ('/leave lobby', r'^-- You have left #lobby\.$'),
    ('/rooms', r'^-- \* #lobby +2 people$'),
    ('/list', r'^-- \* #lobby +2 people$'),
    ('/topic', r'^-- Topic of #lobby: \(none\)$'),
    ('/topic Tea at four', r'^-- ann set the topic of #lobby: Tea at four$'),
    ('/away', r'^-- You are away\. /back ends it\.$'),
    ('/afk tea', r'^-- You are away: tea\. /back ends it\.$'),
    ('/ignore', r'^-- You ignore nobody\.$'),
    ('/ignore bob', r"^-- You don't see any more what bob says\.$"),
    ('/ignore eve', r'what eve says \(nobody of that name is here now\)\.$'),
    ('/history', r'^-- #lobby remembers nothing of that\.$'),
    ('/quiet', r'^-- quiet is on now\.$'),
    ('/timestamp', r'^-- timestamp +off +[A-Z].*\. \(off, clock or full\)$'),
    ('/quiet on', r'^-- quiet is on now\.$'),
    ('/quiet off', r'^-- quiet is off now\.$'),
    ('/timestamp full', r'-- timestamp is full now\.$'),
    ('/time clock', r'-- timestamp is clock now\.$'),
    ('/zone -3:30', r'^-- zone is -03:30 now\.$'),
    ('/tz +2', r'^-- zone is \+02:00 now\.$'),
    ('/color off', r'^-- color is off now\.$'),
    ('/colour off', r'^-- color is off now\.$'),
    ('/bell all', r'^-- bell is all now\.$'),
    ('/set', r'^-- quiet +off '),
    ('/set quiet', r'^-- quiet +off '),
    ('/set theme light', r'^-- theme is light now\.$'),
    ('/set th', r'^-- theme +dark '),
    ('/set quiet on', r'^-- quiet is on now\.$'),
    ('/set timestamp clock', r'-- timestamp is clock now\.$'),
    ('/motd', r'^-- There is no message of the day\.$'),
    ('/version', r'^-- prattle runs prattle \d+\.\d+'),
    ('/uptime', r'^-- Up \d+ seconds?; people: 2, rooms: 1, lines said: 0\.$'),
    ('/help', r'^-- What you type is said in the room'),
    ('/?', r'^-- What you type is said in the room'),
    ('/h', r'^-- What you type is said in the room'),
    ('/name anna', r'^-- ann is now anna$'),
    ('/WHO', r'^-- #lobby \(2\):$'),
    ('/hist', r'^-- #lobby remembers'),
    ('/vers', r'^-- prattle runs'),
    ('/quit', r'^-- Goodbye!$'),
    ('/exit', r'^-- Goodbye!$'),
    ('/q', r'^-- Goodbye!$'),
    ('/bye', r'^-- Goodbye!$'),
])
def test_command(room, line, answer):
    ann, _ = room.people('ann', 'bob')
    ann.send(line)
    assert re.search(answer, ann.line())


@pytest.mark.parametrize('line, answer', [
    ('/unknown', 'There is no command /unknown'),
    ('/hlep', 'There is no command /hlep (did you mean /help?)'),
    ('/', 'A command follows its slash at once'),
    ('/ help', 'A command follows its slash at once'),
    ('/t', '/t could be /msg (/tell), /topic, /timestamp, /zone (/tz): type more of it.'),
    ('/nick', 'Usage: /nick <name>'),
    ('/nick a b', 'Usage: /nick <name>'),
    ('/me', 'Usage: /me <text...>'),
    ('/msg', 'Usage: /msg <name> <text...>'),
    ('/msg bob', 'Usage: /msg <name> <text...>'),
    ('/msg eve hi', 'Nobody here is called eve'),
    ('/msg bbo hi', 'Nobody here is called bbo (did you mean bob?)'),
    ('/msg ann hi', 'That is yourself.'),
    ('/reply', 'Usage: /reply <text...>'),
    ('/reply hi', 'Nobody has written to you privately yet.'),
    ('/who #nowhere', 'There is no room #nowhere'),
    ('/who a b', 'Usage: /who [room]'),
    ('/whois', 'Usage: /whois <name>'),
    ('/whois eve', 'Nobody here is called eve'),
    ('/join', 'Usage: /join <room>'),
    ('/join #a b', 'Usage: /join <room>'),
    ('/join #ü', "A room's name is # and letters A to Z, digits, _ and -."),
    ('/part #nowhere', 'There is no room #nowhere'),
    ('/rooms all', 'Usage: /rooms (nothing behind it)'),
    ('/topic ' + 'x' * 301, 'That topic is too long: at most 300 bytes.'),
    ('/away ' + 'x' * 301, 'That message is too long: at most 300 bytes.'),
    ('/back', 'You are not away.'),
    ('/back now', 'Usage: /back (nothing behind it)'),
    ('/ignore ann', "You can't ignore yourself."),
    ('/ignore ü', 'ü is not a name.'),
    ('/unignore', 'Usage: /unignore <name>'),
    ('/unignore bob', "You don't ignore bob."),
    ('/history lots', 'How much? A number of lines like 20 or a time like 10m.'),
    ('/quiet maybe', 'quiet can be off or on, not maybe.'),
    ('/set colour', 'There is no setting colour'),
    ('/set quite on', 'There is no setting quite (did you mean quiet?)'),
    ('/set quiet maybe', 'quiet can be off or on, not maybe.'),
    ('/motd x', 'Usage: /motd (nothing behind it)'),
    ('/version x', 'Usage: /version (nothing behind it)'),
    ('/uptime x', 'Usage: /uptime (nothing behind it)'),
    ('/help unknown', 'There is no command /unknown'),
    ('/help a b', 'Usage: /help [command]'),
    ('/quit ' + 'x' * 301, 'That farewell is too long: at most 300 bytes.'),
])
def test_wrong_use_gets_one_line_that_nobody_else_sees(room, line, answer):
    ann, bob = room.people('ann', 'bob')
    seen = ann.ask(line)
    assert len(seen) == 1
    assert seen[0].startswith(f'!! {answer}')
    assert_silence(ann, bob)


def test_me_is_seen_by_the_others(room):
    ann, bob = room.people('ann', 'bob')
    ann.send('/me waves  twice')
    assert heard(ann, bob) == [['* ann waves  twice']]


def test_topic_is_told_and_shown_on_joining(room):
    ann, bob = room.people('ann', 'bob')
    ann.ask('/topic Tea at four')
    assert bob.barrier() == ['-- ann set the topic of #lobby: Tea at four']
    newcomer = room.connect(greet=False)
    newcomer.expect('^-- Topic of #lobby: Tea at four$')
    ann.ask('/topic -')
    assert bob.barrier() == ['-- ann set the topic of #lobby: (none)']
    assert bob.ask('/topic') == ['-- Topic of #lobby: (none)']


def test_away_is_shown(room):
    ann, bob = room.people('ann', 'bob')
    bob.ask('/away tea')
    assert ann.ask('/who') == ['-- #lobby (2):', '-- ann         bob (away)']
    assert ann.ask('/whois bob')[0].endswith(', is away: tea.')
    assert bob.ask('/back') == ['-- You are back.']
    assert ann.ask('/who') == ['-- #lobby (2):', '-- ann  bob']


def test_ignored_people_are_not_seen(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    ann.ask('/ignore BOB')
    bob.send('hi', '/me waves', '/nick rob', 'hi again')
    assert heard(bob, ann, cid) == [
        ['-- bob is now rob'],
        ['bob: hi', '* bob waves', '-- bob is now rob', 'rob: hi again']]
    assert ann.ask('/ignore') == ['-- You ignore bob.']
    assert ann.ask('/unignore rob') == ['-- You see again what rob says.']
    bob.send('still here')
    assert heard(bob, ann) == [['rob: still here']]


def test_quiet_hides_coming_going_and_renaming(prattled):
    room = prattled(settle='0')
    ann, = room.people('ann')
    ann.ask('/quiet on')
    bob = room.connect().rename('bob')
    bob.send('hi', '/quit')
    bob.expect_end()
    assert ann.barrier() == ['bob: hi']
    assert ann.ask('/quiet off') == ['-- quiet is off now.']
    room.connect()
    ann.expect('has joined')


def test_timestamp_is_put_before_lines(room):
    ann, bob = room.people('ann', 'bob')
    bob.ask('/set timestamp clock')
    ann.send('hi')
    assert re.fullmatch(r'\d\d:\d\d ann: hi', bob.line())
    bob.ask('/set time off')
    ann.send('hi')
    bob.expect_next('ann: hi')


def test_time_is_shown_in_the_zone_of_each_person(room):
    ann, bob, cid = room.people('ann', 'bob', 'cid')
    for who, zone in (bob, '+0:30'), (cid, '-1'):
        who.ask('/timestamp full')
        who.ask(f'/zone {zone}')
    ann.send('hi')
    times = [datetime.strptime(who.line(), '%Y-%m-%d %H:%M:%S ann: hi')
             for who in (bob, cid)]
    assert times[0] - times[1] == timedelta(minutes=90)


def test_settings_are_one_table(room):
    ann = room.connect(kind=TelnetClient)  # which can stand colours
    rows = [re.fullmatch(r'-- (\w+) +(\w+) +[A-Z].*\. \((.+)\)', line).groups()
            for line in ann.ask('/set')]
    assert [name for name, *_ in rows] == SETTINGS
    for name, value, words in rows:
        words = words.replace('hours like ', '').replace(' or ', ', ').split(', ')
        assert words[0] == value  # the default comes first
        for word in words:
            is_now = {'UTC': '+00:00', '+2': '+02:00'}.get(word, word)
            assert ann.ask(f'/set {name} {word}')[0].endswith(f'{name} is {is_now} now.')


def test_people_are_shown_in_columns(room):
    ann, *_ = room.people('ann', *(f'somebody-{n:02}' for n in range(17)))
    columns = [['ann', 'somebody-00', 'somebody-01'],
               *([f'somebody-{n:02}' for n in range(first, first + 3)]
                 for first in (2, 5, 8, 11, 14))]
    assert ann.ask('/who') == [
        '-- #lobby (18):',
        *(f'-- {"  ".join(row)}'.replace('ann  ', 'ann          ')
          for row in zip(*columns))]


def test_screen_reader_gets_words_instead_of_marks(room):
    ann, bob = room.people('ann', 'bob')
    assert ann.ask('/set reader on') == ['reader is on now.']
    bob.send('hello', 'hello ann', '/me waves', '/msg ann psst')
    assert heard(bob, ann)[0] == [
        'bob: hello', 'bob to you: hello ann', 'bob waves', 'Private from bob: psst']
    assert ann.ask('/who') == ['#lobby (2):', 'ann, bob']
    assert ann.ask('/unknown')[0].startswith('Error: There is no command')


def test_quit_says_goodbye_and_closes(room):
    ann, = room.people('ann')
    ann.send('/quit')
    assert ann.expect_end() == ['-- Goodbye!']
    room.wait_log(r'conn 1: disconnect: quit \(ann, 2 lines, \d+ s\)')


def test_formats_are_templates(prattled):
    room = prattled('''
[server]
name = The Den
[format]
welcome = Hello {nick} ({id}), this is {server}, {room}
say = <{nick}#{id}@{room}> {text} {{}}
say_self = > {text}
action = ~{nick} {text}
action_self = ~I {text}
private = from {nick}({id}): {text}
private_self = to {nick}: {text}
rename = {nick} -> {new}
topic = {nick} on {room}: {text}
notice = = {text}
error = ? {text}
present = here: {text}
''')
    ann = room.connect(greet=False)
    ann.expect_next('Hello guest1 (1), this is The Den, #lobby')
    ann.expect_next('here: nobody but you')
    bob = room.connect(greet=False)
    bob.expect('here: guest1 and you')
    assert ann.ask('hi') == ['> hi']
    assert ann.ask('/me waves') == ['~I waves']
    assert ann.ask('/nick ann') == ['guest1 -> ann']
    assert ann.ask('/topic tea') == ['ann on #lobby: tea']
    assert ann.ask('/msg guest2 psst') == ['to guest2: psst']
    assert ann.ask('/back') == ['? You are not away.']
    assert ann.ask('/away') == ['= You are away. /back ends it.']
    assert bob.barrier() == [
        '<guest1#1@#lobby> hi {}', '~guest1 waves', 'guest1 -> ann',
        'ann on #lobby: tea', 'from ann(1): psst']
