# SPDX-License-Identifier: ISC
"""One call fails: a sample of all that can. tools/fault-all tries all of them."""

import pytest

import faults

SAMPLE = 500

# Daemons at a time. They wait for us most of the time.
JOBS = 4


@pytest.fixture(autouse=True)
def with_shim():
    if faults.shim() is None:
        pytest.skip('no library for faults in this build')


def test_a_day_is_seen_whole():
    # Or the sample is one of little.
    calls, every = faults.all_faults()
    assert calls['malloc'] > 1000
    assert not [site for site in faults.ERRORS if site not in calls]
    assert len(every) > 3000


def test_sample_of_faults():
    _, every = faults.all_faults()
    results = faults.Results()
    results.try_all(faults.sample(every, SAMPLE), JOBS)
    print(results)
    assert not results.broken, '\n\n'.join(results.broken[:5])
    # How many bytes come at once differs, and with that the number of calls.
    assert results.seen['not reached'] < SAMPLE / 10
    assert results.seen['lost'] and results.seen['refused']
