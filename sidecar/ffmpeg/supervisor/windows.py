"""Windows: each child runs in a job object that ends with its last handle, which only the sidecar has.

Expected to work, not proved here. The child is born suspended and runs on only once it is in its job.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import ctypes
    import subprocess
    from ctypes import wintypes

    import trio
    from trio.abc import ReceiveStream, SendStream

    from sidecar.ffmpeg.supervisor.platform import Start

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _nt = ctypes.WinDLL("ntdll")
    _kernel.CreateJobObjectW.restype = wintypes.HANDLE
    _kernel.OpenProcess.restype = wintypes.HANDLE

    CREATE_SUSPENDED = 0x4
    BELOW_NORMAL_PRIORITY = 0x4000
    PROCESS_ALL = 0x1FFFFF
    EXTENDED_LIMITS = 9
    KILL_ON_JOB_CLOSE = 0x2000
    KILLED = 0xC000013A

    class _BasicLimits(ctypes.Structure):
        _fields_ = [
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        ]

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = [
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        ]

    def _checked(result: int) -> int:
        if not result:
            raise ctypes.WinError(ctypes.get_last_error())
        return result

    def _new_job() -> int:
        job = _checked(_kernel.CreateJobObjectW(None, None))
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = KILL_ON_JOB_CLOSE
        size = ctypes.sizeof(limits)
        _checked(_kernel.SetInformationJobObject(wintypes.HANDLE(job), EXTENDED_LIMITS, ctypes.byref(limits), size))
        return job

    class JobProcess:
        """A child in a job object of its own."""

        def __init__(self, process: trio.Process, job: int, handle: int) -> None:
            self._process, self._job, self._handle = process, job, handle
            self.pid = process.pid
            self.stdin: SendStream | None = process.stdin
            self.stdout: ReceiveStream | None = process.stdout
            if process.stderr is None:
                raise AssertionError("stderr is always a pipe")
            self.stderr: ReceiveStream = process.stderr

        async def ended(self) -> None:
            await self._process.wait()

        def signal_kill(self) -> None:
            _kernel.TerminateJobObject(wintypes.HANDLE(self._job), KILLED)

        def signal_stop(self) -> None:
            _nt.NtSuspendProcess(wintypes.HANDLE(self._handle))

        def signal_continue(self) -> None:
            _nt.NtResumeProcess(wintypes.HANDLE(self._handle))

        def reap(self) -> int:
            for handle in (self._handle, self._job):
                _kernel.CloseHandle(wintypes.HANDLE(handle))
            code = self._process.returncode
            if code is None:
                raise AssertionError("reaped before its end")
            return code

    class Windows:
        """Children in job objects. Only standard handles are passed on."""

        passes_fds = False

        async def start(self, start: Start) -> JobProcess:
            with trio.CancelScope(shield=True):
                process = await trio.lowlevel.open_process(
                    list(start.argv),
                    cwd=start.cwd,
                    env=start.env,
                    stdin=subprocess.PIPE if start.stdin else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if start.stdout else subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    creationflags=CREATE_SUSPENDED
                    | subprocess.CREATE_NEW_PROCESS_GROUP
                    | subprocess.CREATE_NO_WINDOW
                    | (BELOW_NORMAL_PRIORITY if start.background else 0),
                )
                try:
                    handle = _checked(_kernel.OpenProcess(PROCESS_ALL, False, process.pid))
                    job = _new_job()
                    _checked(_kernel.AssignProcessToJobObject(wintypes.HANDLE(job), wintypes.HANDLE(handle)))
                except OSError:
                    process.kill()
                    raise
            _nt.NtResumeProcess(wintypes.HANDLE(handle))
            return JobProcess(process, job, handle)

        def close(self) -> None:
            """Nothing is held here: each job closes with its child."""
