# SPDX-License-Identifier: ISC
"""Packages, built from what a tarball of a release holds, and what they hold."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import SOURCES, binary
from machine import Knocking, Machine, why_not

# Seconds after which a build is taken to hang.
PATIENCE = 600

LOOPBACK = r'(127\.0\.0\.1|\[::1\]):\d+'


def need(*names):
    for name in names:
        if shutil.which(name) is None:
            pytest.skip(f'{name} is not installed')


def run(*words, cwd=None, check=True, **env):
    """Run a command as if nobody tested: what it prints."""
    __tracebackhide__ = True
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, text=True,
        check=False, env={'LC_ALL': 'C.UTF-8', 'HOME': '/nonexistent',
                          'PATH': f"{os.environ['PATH']}:/usr/sbin:/sbin", **env})
    if check and done.returncode != 0:
        pytest.fail(f'{words}: exit code {done.returncode}\n{done.stdout[-4000:]}')
    return done.stdout


def version():
    text = (SOURCES / 'configure.ac').read_text(encoding='utf-8')
    return re.search(r'AC_INIT\(\[prattle\], \[([^]]+)\]', text)[1]


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    """What a tarball would be made of."""
    folder = tmp_path_factory.mktemp('dist') / f'prattle-{version()}'
    build = Path(binary()).parent
    if not (build / 'Makefile').exists():
        pytest.skip(f'{build} is no folder that was configured')
    run('make', '-C', build, 'distdir', f'distdir={folder}')
    return folder


# Debian


@pytest.fixture(scope='module')
def deb(tree):
    """The package for Debian. Beside it is its .changes."""
    need('dpkg-buildpackage', 'dh')
    missing = run('dpkg-checkbuilddeps', cwd=tree, check=False,
                  DEB_BUILD_PROFILES='nocheck')
    if missing:
        pytest.skip(missing.strip())
    source = tree.parent / 'debian' / tree.name
    shutil.copytree(tree, source, symlinks=True)
    run('dpkg-buildpackage', '-us', '-uc', '-b', cwd=source,
        DEB_BUILD_OPTIONS='nocheck parallel=2', DEB_BUILD_PROFILES='nocheck')
    path, = source.parent.glob('prattled_*.deb')
    return path


def test_lintian_has_nothing_to_say(deb):
    need('lintian')
    words = ['lintian', '--allow-root', '--fail-on', 'none']
    # What is more than an error or a warning changes from one to the next.
    if 'v2.116' in run('lintian', '--version'):
        words += ['--display-info', '--pedantic']
    changes, = deb.parent.glob('*.changes')
    assert run(*words, changes) == ''


@pytest.fixture
def unpacked(deb, tmp_path):
    """The files of the package."""
    run('dpkg', '-x', deb, tmp_path / 'root')
    return tmp_path / 'root'


def test_debian_package_is_whole(unpacked):
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob('*')
             if not path.is_dir()}
    doc = 'usr/share/doc/prattled'
    assert {'usr/sbin/prattled', 'etc/prattled.ini', 'usr/lib/sysusers.d/prattled.conf',
            f'{doc}/copyright', f'{doc}/README.md.gz',
            f'{doc}/examples/ti-chat.ini'} <= files
    for page in (Path(binary()).parent / 'man').glob('*.[1-8]'):
        assert f'usr/share/man/man{page.suffix[1:]}/{page.name}.gz' in files
    for path in (Path(binary()).parent / 'systemd').glob('prattled*'):
        assert any(name.endswith(f'lib/systemd/system/{path.name}') for name in files)
    for path in (SOURCES / 'contrib').rglob('*'):
        if path.is_file():
            assert f'{doc}/examples/{path.relative_to(SOURCES)}' in files


def test_debian_package_keeps_to_this_machine(unpacked):
    out = run(unpacked / 'usr/sbin/prattled', '-c', unpacked / 'etc/prattled.ini', '-t')
    assert re.fullmatch(LOOPBACK, re.search('^;?address = (.*)$', out, re.MULTILINE)[1])
    assert re.search('^state = /var/lib/prattle$', out, re.MULTILINE)


def test_debian_package_opens_a_room(unpacked):
    need('nc.openbsd')
    run(SOURCES / 'debian/tests/smoke', unpacked / 'etc/prattled.ini',
        PATH=f"{unpacked}/usr/sbin:{os.environ['PATH']}")


@pytest.fixture
def debian(deb, tmp_path):
    """A machine with nothing but the package, and a function that installs it again."""
    if why := why_not():
        pytest.skip(why)
    machine = Machine(tmp_path)
    try:
        # Whatever keeps services of this machine from starting is not for that one.
        (machine.root / 'usr/sbin/policy-rc.d').unlink(missing_ok=True)
        for name in 'info', 'parts', 'triggers', 'updates':
            (machine.root / 'var/lib/dpkg' / name).mkdir(parents=True)
        for name in 'available', 'status':
            (machine.root / 'var/lib/dpkg' / name).touch()
        (machine.root / 'var/log').mkdir()
        shutil.copy(deb, machine.root / 'root/prattled.deb')
        machine.install_package = lambda: machine.run(
            'dpkg', '--force-depends', '-i', '/root/prattled.deb')
        machine.install_package()
        yield machine
    finally:
        machine.close()


def listening(machine):
    """The addresses where anybody listens."""
    return [line.split()[3] for line in machine.run('ss', '-Htln').stdout.splitlines()]


def test_debian_package_starts_its_service(debian):
    assert debian.show('prattled', 'ActiveState') == 'active'
    assert debian.person().people() == 1
    addresses = listening(debian)
    assert addresses and all(re.fullmatch(LOOPBACK, address) for address in addresses)
    units = ['prattled.service', 'prattled.socket', 'prattled-local.socket']
    assert debian.systemctl('is-enabled', *units, check=False).stdout.split() == [
        'enabled', 'disabled', 'disabled']


def test_debian_package_is_upgraded(debian):
    """Who has chosen the sockets keeps them, and nobody is refused."""
    debian.systemctl('disable', '--now', 'prattled')
    debian.systemctl('enable', '--now', 'prattled.socket')
    debian.person()
    before = debian.show('prattled-socket', 'MainPID')
    with Knocking(debian) as knocking:
        knocking.wait_more()
        debian.install_package()
        knocking.wait_more()
    assert knocking.refused == 0
    assert debian.show('prattled-socket', 'MainPID') not in ('0', before)
    assert debian.show('prattled', 'ActiveState') == 'inactive'


def test_debian_package_leaves_nothing(debian):
    debian.systemctl('disable', '--now', 'prattled')
    debian.systemctl('enable', '--now', 'prattled.socket', 'prattled-local.socket')
    debian.person()
    debian.run('dpkg', '--remove', 'prattled')
    assert listening(debian) == []
    assert (debian.root / 'etc/prattled.ini').exists()
    debian.run('dpkg', '--purge', 'prattled')
    left = debian.run('find', '/etc', '/run', '/var/lib', '-name', '*prattle*',
                      '!', '-path', '/run/systemd/units/*').stdout
    assert left == ''


# RPM


@pytest.fixture(scope='module')
def rpm(tree):
    """The package for distributions with rpm, as Debian's rpmbuild makes it."""
    need('rpmbuild')
    folder = tree.parent / 'rpm'
    folder.mkdir()
    tar = folder / f'{tree.name}.tar.xz'
    run('tar', '-C', tree.parent, '-cJf', tar, tree.name)
    # The packages that it names are not known to this rpm. How fast the program would be
    # is of no interest.
    macros = {'_topdir': folder, '_dbpath': folder / 'db', '_smp_mflags': '-j2',
              'optflags': '-O0'}
    run('rpmbuild', '-ta', '--nodeps', '--without', 'check', tar,
        *(word for name, value in macros.items()
          for word in ('--define', f'{name} {value}')))
    assert len(list(folder.glob('SRPMS/*.src.rpm'))) == 1
    path, = folder.glob('RPMS/*/prattle-[0-9]*.rpm')
    return path


def query(rpm, *words):
    """What rpm says of the package."""
    return run('rpm', '--dbpath', rpm.parents[2] / 'db', '-qp', *words, rpm)


def test_rpm_is_whole(rpm):
    files = query(rpm, '-l').split()
    for name in 'prattled.service', 'prattled-socket.service', 'prattled.socket':
        assert any(path.endswith(f'/systemd/system/{name}') for path in files)
    assert '/usr/sbin/prattled' in files
    assert query(rpm, '-c') == '/etc/prattled.ini\n'
    for page in (Path(binary()).parent / 'man').glob('*.[1-8]'):
        assert any(f'/{page.name}' in path for path in files)
    assert query(rpm, '--qf', '%{VERSION} %{LICENSE}') == f'{version()} ISC'
    assert 'useradd --system' in query(rpm, '--scripts')
