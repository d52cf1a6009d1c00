"""The contract of every platform that can be run here, and of the supervisor above it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
import trio
import trio.testing

from protocol.errors import DependencyMissing
from sidecar.ffmpeg.supervisor import Child, Supervisor, open_supervisor
from sidecar.ffmpeg.supervisor.child import STDERR_KEPT
from sidecar.ffmpeg.supervisor.environment import scrubbed
from sidecar.ffmpeg.supervisor.gate import LAST, NICE
from sidecar.ffmpeg.supervisor.linux import Linux
from sidecar.ffmpeg.supervisor.platform import Platform, native
from sidecar.ffmpeg.supervisor.posix import Posix
from tests.ffmpeg.process.survivors import SLEEPER, gone, grandchildren, names, open_descriptors, portable, until
from tests.harness.patience import PATIENCE

PLATFORMS: dict[str, Callable[[], Platform]] = {"linux": Linux, "posix": portable}


@pytest.fixture(params=sorted(PLATFORMS))
async def supervisor(request: pytest.FixtureRequest) -> AsyncIterator[Supervisor]:
    async with open_supervisor(PLATFORMS[request.param]()) as opened:
        yield opened


async def text_of(child: Child) -> bytes:
    assert child.stdout is not None
    return b"".join([bytes(chunk) async for chunk in child.stdout])


async def run(supervisor: Supervisor, script: str, folder: Path, **env: str) -> tuple[int, bytes, str]:
    with trio.fail_after(PATIENCE):
        argv = ["/bin/sh", "-c", script]
        async with await supervisor.spawn(argv, cwd=folder, env=env, stdout="pipe", role="test") as child:
            output = await text_of(child)
            return await child.wait(), output, child.stderr_tail()


async def test_a_child_runs_in_its_folder_and_returns_its_status(supervisor: Supervisor, tmp_path: Path) -> None:
    status, output, said = await run(supervisor, "pwd; echo oops >&2; exit 7", tmp_path)
    assert (status, output.decode().strip(), said) == (7, str(tmp_path), "oops\n")
    assert supervisor.children() == ()


async def test_a_child_of_no_input_reads_the_null_device(supervisor: Supervisor, tmp_path: Path) -> None:
    assert await run(supervisor, "wc -c; readlink /proc/self/fd/0", tmp_path) == (0, b"0\n/dev/null\n", "")


async def test_a_child_in_the_background_gives_way(supervisor: Supervisor, tmp_path: Path) -> None:
    async with (
        await supervisor.spawn(["/bin/sleep", "100"], cwd=tmp_path, role="test") as one,
        await supervisor.spawn(["/bin/sleep", "100"], cwd=tmp_path, background=True, role="test") as other,
        await supervisor.spawn(["/bin/sleep", "100"], cwd=tmp_path, background=True, last=True, role="test") as last,
    ):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, one.pid) == own
        assert os.getpriority(os.PRIO_PROCESS, other.pid) == NICE
        assert os.getpriority(os.PRIO_PROCESS, last.pid) == LAST > NICE


async def test_arguments_are_never_read_by_a_shell(supervisor: Supervisor, tmp_path: Path) -> None:
    nasty = ["$(touch x)", "`touch y`", "; touch z", "-c", "--", "", "a\nb", "'\"\\", "*", "é🎞"]
    with trio.fail_after(PATIENCE):
        code = "import sys; print(ascii(sys.argv[1:]))"
        argv = [sys.executable, "-I", "-S", "-c", code, *nasty]
        async with await supervisor.spawn(argv, cwd=tmp_path, stdout="pipe", role="test") as child:
            assert (await text_of(child)).decode().strip() == ascii(nasty)
    assert names(tmp_path) == []


async def test_a_long_lived_worker_is_talked_to_both_ways(supervisor: Supervisor, tmp_path: Path) -> None:
    code = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line[::-1]); sys.stdout.flush()"
    argv = [sys.executable, "-I", "-S", "-c", code]
    with trio.fail_after(PATIENCE):
        async with await supervisor.spawn(argv, cwd=tmp_path, stdin="pipe", stdout="pipe", role="worker") as child:
            assert child.stdin is not None
            assert child.stdout is not None
            for word in (b"abc", b"x" * 300_000):
                await child.stdin.send_all(word + b"\n")
                answer = b""
                while len(answer) <= len(word):
                    answer += await child.stdout.receive_some()
                assert answer == b"\n" + word[::-1]
            await child.stdin.aclose()
            assert await child.wait() == 0


async def test_descriptors_are_passed_on_and_no_others(supervisor: Supervisor, tmp_path: Path) -> None:
    read, write = os.pipe()
    script = f"echo hi >&{write}" if write < 10 else f"echo hi >/dev/fd/{write}"
    with trio.fail_after(PATIENCE):
        argv = ["/bin/sh", "-c", f"{script}; ls /proc/self/fd | wc -l"]
        async with await supervisor.spawn(argv, cwd=tmp_path, stdout="pipe", pass_fds=[write], role="test") as child:
            os.close(write)
            count = int(await text_of(child))
            assert await child.wait() == 0
    assert os.read(read, 100) == b"hi\n"
    os.close(read)
    assert count <= 6  # three standard ones, the one passed, the lifeline, and what ls itself opens


async def test_kill_ends_the_whole_group_though_it_ignores_sigterm(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        child = await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test")
        inside = await grandchildren(child)
        os.kill(child.pid, signal.SIGTERM)
        child.kill()
        assert await child.wait() == -signal.SIGKILL
        await gone(inside)
        child.kill()  # an ended child is left alone, whoever has its number by now
        child.stop()
        child.cont()
        assert not child.stopped
        await child.aclose()


async def test_what_a_leader_leaves_behind_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        argv = ["/bin/sh", "-c", "sleep 600 & echo $!"]
        async with await supervisor.spawn(argv, cwd=tmp_path, stdout="pipe", role="test") as child:
            assert child.stdout is not None
            left = int(await child.stdout.receive_some())
            assert await child.wait() == 0
    await gone([left])


async def test_one_that_left_its_group_does_not_hold_us_up(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        code = (
            "import os, time\n"
            "read, write = os.pipe()\n"
            "if os.fork():\n    os.read(read, 1)\n    os._exit(0)\n"
            "os.setsid(); print(os.getpid(), flush=True); os.write(write, b'x'); time.sleep(600)"
        )
        argv = [sys.executable, "-I", "-S", "-c", code]
        async with await supervisor.spawn(argv, cwd=tmp_path, stdout="pipe", role="test") as child:
            assert child.stdout is not None
            stray = int(await child.stdout.receive_some())
            assert await child.wait() == 0
    os.kill(stray, signal.SIGKILL)


async def test_a_flood_on_stderr_is_drained_and_its_end_is_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    script = "head -c 100000000 /dev/zero | tr '\\0' x >&2; echo the end >&2; exit 3"
    with trio.fail_after(PATIENCE):
        argv = ["/bin/sh", "-c", script]
        async with await supervisor.spawn(argv, cwd=tmp_path, role="test") as child:
            assert await child.wait() == 3
            assert child.stderr_tail().endswith("x" + "the end\n")
            assert len(child.stderr_tail()) == STDERR_KEPT


async def test_a_stopped_child_stands_still_until_it_may_go_on(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        async with await supervisor.spawn(
            ["/bin/cat"], cwd=tmp_path, stdin="pipe", stdout="pipe", role="test"
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stop()
            assert is_stopped(child)
            await until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)
            await child.stdin.send_all(b"later")
            with trio.move_on_after(0.1) as waited:
                await child.stdout.receive_some()
            assert waited.cancelled_caught
            child.cont()
            assert not is_stopped(child)
            assert await child.stdout.receive_some() == b"later"
            child.stop()  # and a stopped one can be ended


async def test_a_paused_tag_freezes_what_runs_and_what_is_started_later(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        async with (
            await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test", tag="job") as before,
            await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test", tag="other") as other,
        ):
            supervisor.pause("job")
            # One that starts no others: a parent whose child is stopped in mid-vfork sleeps, and is not shown as stopped.
            async with await supervisor.spawn(["/bin/sleep", "600"], cwd=tmp_path, role="test", tag="job") as later:
                assert (before.stopped, later.stopped, other.stopped) == (True, True, False)
                await until(lambda: psutil.Process(later.pid).status() == psutil.STATUS_STOPPED)
                supervisor.resume("job")
                supervisor.resume("job")
                assert (before.stopped, later.stopped) == (False, False)
                await until(lambda: psutil.Process(later.pid).status() != psutil.STATUS_STOPPED)


async def test_waiting_may_be_cancelled_and_the_child_runs_on(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        child = await supervisor.spawn(SLEEPER, cwd=tmp_path, role="render", tag="job")
        with trio.move_on_after(0.02):
            await child.wait()
        assert child.returncode is None
        assert supervisor.children() == supervisor.children(tag="job") == (child,)
        assert supervisor.children(tag="another") == ()
        assert psutil.Process(child.pid).environ()["HOME"] == str(tmp_path)
        await child.aclose()


async def test_a_cancelled_block_ends_its_child_before_it_is_left(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE):
        with trio.CancelScope() as scope:
            async with await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test") as child:
                scope.cancel()
                await trio.sleep_forever()
        assert child.returncode == -signal.SIGKILL


async def test_a_cancelled_start_starts_nothing(supervisor: Supervisor, tmp_path: Path) -> None:
    with trio.move_on_after(0) as scope:
        await supervisor.spawn(SLEEPER, cwd=tmp_path, role="test")
    assert scope.cancelled_caught
    assert supervisor.children() == ()


@pytest.mark.parametrize("program", ["/nonexistent/program", "/", "/etc/passwd"])
async def test_a_program_that_cannot_be_run_is_a_typed_error(
    supervisor: Supervisor, program: str, tmp_path: Path
) -> None:
    with pytest.raises(DependencyMissing, match="not an executable file"):
        await supervisor.spawn([program], cwd=tmp_path, role="test")


async def test_what_the_system_refuses_is_a_typed_error_and_leaks_nothing(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    before = open_descriptors()
    for argv, cwd in (
        (["/bin/true", "x" * 200_000], tmp_path),
        (["/bin/true"], tmp_path / "missing"),
        (["/bin/true", "a\0b"], tmp_path),
    ):
        with pytest.raises(DependencyMissing, match="cannot be started"):
            await supervisor.spawn(argv, cwd=cwd, stdin="pipe", stdout="pipe", role="test")
    assert open_descriptors() == before
    assert supervisor.children() == ()


async def test_an_error_while_tying_ends_the_child_unrun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", refuse)
    async with open_supervisor(Linux()) as supervisor:
        with pytest.raises(DependencyMissing, match="Too many open files"):
            await supervisor.spawn(["/usr/bin/touch", "ran"], cwd=tmp_path, role="test")
    assert names(tmp_path) == []
    assert psutil.Process().children() == []


async def test_one_that_dies_at_the_gate_is_told_by_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pidfd_open

    def kill_first(pid: int) -> int:
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return real(pid)

    monkeypatch.setattr(os, "pidfd_open", kill_first)
    with trio.fail_after(PATIENCE):
        async with open_supervisor(Linux()) as supervisor:
            child = await supervisor.spawn(["/usr/bin/touch", "ran"], cwd=tmp_path, role="test")
            assert await child.wait() == -signal.SIGKILL
    assert names(tmp_path) == []


def test_linux_is_native_here() -> None:
    chosen = native()
    assert isinstance(chosen, Linux)
    chosen.close()


def test_the_environment_loses_what_loads_code_or_reaches_out(tmp_path: Path) -> None:
    dangerous = dict.fromkeys(
        [
            *("FFREPORT", "FREI0R_PATH", "LADSPA_PATH", "LV2_PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV"),
            *("http_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy", "DYLD_INSERT_LIBRARIES", "AV_LOG_FORCE_COLOR"),
        ],
        "x",
    )
    kept = scrubbed({**dangerous, "PATH": "/bin", "LANG": "C", "HOME": "/root"}, tmp_path)
    assert kept == {"PATH": "/bin", "LANG": "C", "HOME": str(tmp_path), "AV_LOG_FORCE_NOCOLOR": "1"}


async def test_children_get_the_scrubbed_environment(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFREPORT", "file=/tmp/report.log")
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:1")
    status, output, _ = await run(supervisor, "env", tmp_path, EXTRA="yes")
    names = {line.partition("=")[0] for line in output.decode().splitlines()}
    assert status == 0
    assert "EXTRA" in names
    assert not names & {"FFREPORT", "http_proxy"}


def is_stopped(child: Child) -> bool:
    return child.stopped


def test_the_portable_platform_is_what_it_says() -> None:
    chosen = portable()
    assert isinstance(chosen, Posix)
    assert chosen.passes_fds
    chosen.close()
