"""The kernel and the headless runner against real clients. Called by run.sh; takes the path of workbook.dll and, if wanted, a folder for the screenshot."""
import asyncio
import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

PROGRAM = os.path.abspath(sys.argv[1])
WORK = tempfile.mkdtemp(prefix="jupyter-clients-")
SHOTS = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 and sys.argv[2] else WORK
PREFIX = os.path.join(WORK, "prefix")
# Nothing of the user's own Jupyter is read or written.
os.environ["JUPYTER_PATH"] = os.path.join(PREFIX, "share", "jupyter")
for variable in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
    os.environ[variable] = os.path.join(WORK, variable.lower())

import nbclient  # noqa: E402  (after the environment is set)
import nbformat  # noqa: E402
from jupyter_client import KernelManager  # noqa: E402
from jupyter_client.kernelspec import KernelSpecManager  # noqa: E402

NOTEBOOKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "notebooks")
KERNELSPEC = {"name": ".net-csharp", "display_name": ".NET (C#)", "language": "C#"}
LIBRARY_EXIT = 'typeof(Environment).GetMethod("Exit").Invoke(null, new object[] { 5 });'


class Skip(Exception):
    pass


def workbook(*arguments, **options):
    return subprocess.run(["dotnet", PROGRAM, *arguments], capture_output=True, text=True, timeout=120, **options)


def notebook(*cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata={"kernelspec": KERNELSPEC})
    for number, cell in enumerate(made.cells, 1):
        cell["id"] = f"cell-{number}"
    return made


def saved(name, *cells):
    path = os.path.join(WORK, name)
    nbformat.write(notebook(*cells), path)
    return path


def text(cell):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


def equal(expected, actual):
    assert expected == actual, f"expected {expected!r}, got {actual!r}"


class Kernel:
    """A kernel process and a client; leaves nothing running."""

    def __enter__(self):
        self.began = time.monotonic()
        self.manager = KernelManager(kernel_name="workbook")
        self.manager.start_kernel(cwd=WORK)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        return self

    def run(self, code, timeout=60):
        shown = []
        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=shown.append)
        said = "".join(m["content"].get("text", "") or m["content"].get("data", {}).get("text/plain", "") for m in shown)
        return reply["content"], said

    def __exit__(self, *_):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


def test_the_kernel_is_installed_under_both_names():
    done = workbook("kernel", "install", "--prefix", PREFIX)
    equal(0, done.returncode)
    specs = KernelSpecManager().get_all_specs()
    for name in ("workbook", ".net-csharp"):
        equal("message", specs[name]["spec"]["interrupt_mode"])
        assert all(os.path.isabs(part) for part in specs[name]["spec"]["argv"][:2]), specs[name]


def test_nbclient_runs_a_notebook_of_200_cells():
    made = notebook("var sum = 0;", *[f"sum += {i}; Console.WriteLine(sum); {i}" for i in range(200)])
    nbclient.NotebookClient(made, timeout=60, kernel_name=".net-csharp", resources={"metadata": {"path": WORK}}).execute()
    nbformat.validate(made)
    equal(sum(range(200)), int(made.cells[-1].outputs[0]["text"]))
    equal(list(range(1, 202)), [cell.execution_count for cell in made.cells])
    assert all(len(cell.outputs) == 2 for cell in made.cells[1:])


def test_nbclient_meets_awkward_cells_and_loses_nothing():
    made = notebook(
        "var kept = 1; kept", "Environment.Exit(3);", "undefined_name", 'throw new Exception("thrown");', "int F(int n) => F(n + 1) + 1; F(0)",
        'for (var i = 0; i < 100_000; i++) Console.WriteLine(new string(\'x\', 99));', "var big = new byte[1 << 30]; big.Length", "kept + 1")
    nbclient.NotebookClient(made, timeout=60, kernel_name="workbook", allow_errors=True).execute()
    errors = [cell.outputs[0].ename if cell.outputs[0].output_type == "error" else None for cell in made.cells]
    equal([None, "EnvironmentExit", "CompilationError", "Exception", "InsufficientExecutionStackException", None, None, None], errors)
    assert 1_000_000 <= len(text(made.cells[5])) < 1_001_000, len(text(made.cells[5]))
    equal(str(1 << 30), text(made.cells[6]))
    equal("2", text(made.cells[7]))


def test_nbconvert_executes():
    if importlib.util.find_spec("nbconvert") is None:
        raise Skip("nbconvert is not installed")
    path = saved("convert.ipynb", 'Console.Error.Write("err");', "6 * 7")
    command = ["jupyter", "nbconvert"] if shutil.which("jupyter") else [sys.executable, "-m", "nbconvert"]
    done = subprocess.run([*command, "--execute", "--to", "notebook", "--inplace", path], capture_output=True, text=True, timeout=120)
    equal((0, "42"), (done.returncode, text(nbformat.read(path, 4).cells[1])))


def of_the_workbook(name):
    """A copy of one of the project's notebooks beside its set-up script, outputs cleared."""
    for file in (name, "setup.csx"):
        if not os.path.exists(os.path.join(NOTEBOOKS, file)):
            raise Skip(f"there is no {file}: build Workbook.sln first")
        shutil.copy(os.path.join(NOTEBOOKS, file), WORK)
    path = os.path.join(WORK, name)
    made = nbformat.read(path, 4)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(made, path)
    return path


def test_nbconvert_executes_the_first_notebooks():
    if importlib.util.find_spec("nbconvert") is None:
        raise Skip("nbconvert is not installed")
    for name in ("00-start-here.ipynb", "01-data-and-model.ipynb"):
        path = of_the_workbook(name)
        command = ["jupyter", "nbconvert"] if shutil.which("jupyter") else [sys.executable, "-m", "nbconvert"]
        done = subprocess.run([*command, "--execute", "--to", "notebook", "--inplace", path], capture_output=True, text=True, timeout=120)
        equal(0, done.returncode)
        ran, committed = nbformat.read(path, 4), nbformat.read(os.path.join(NOTEBOOKS, name), 4)
        for here, there in zip(ran.cells, committed.cells):
            if here.cell_type == "code":
                # A real client keeps what the headless host had written.
                equal([sorted(o.get("data", {})) for o in there.outputs], [sorted(o.get("data", {})) for o in here.outputs])


def test_an_interrupt_stops_a_loop_and_the_session_lives_on():
    with Kernel() as kernel:
        kernel.run("var kept = 5;")
        request = kernel.client.execute('Console.WriteLine("begun"); while (true) { }')
        while True:
            message = kernel.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == request:
                break
        began = time.monotonic()
        kernel.manager.interrupt_kernel()
        reply = kernel.client.get_shell_msg(timeout=30)
        equal("Interrupted", reply["content"]["ename"])
        print(f"    interrupted after {time.monotonic() - began:.2f} s")
        equal("5", kernel.run("kept")[1])


def test_a_restart_gives_a_fresh_session():
    with Kernel() as kernel:
        kernel.run("var kept = 5;")
        kernel.manager.restart_kernel(now=False)
        kernel.client.wait_for_ready(timeout=60)
        equal("CompilationError", kernel.run("kept")[0]["ename"])
        equal("2", kernel.run("1 + 1")[1])


def test_start_and_completion_are_quick_enough():
    with Kernel() as kernel:
        equal("2", kernel.run("1 + 1")[1])
        first = time.monotonic() - kernel.began
        kernel.run("var run = new System.Text.StringBuilder();")
        kernel.client.complete("run.", 4, reply=True, timeout=60)
        took = []
        for _ in range(5):
            began = time.monotonic()
            reply = kernel.client.complete("var x = 1;\nrun.", 15, reply=True, timeout=60)
            took.append(time.monotonic() - began)
            assert "Append" in reply["content"]["matches"], reply["content"]
        hover = kernel.client.inspect("run.Append(1)", 6, reply=True, timeout=60)["content"]
        assert "StringBuilder.Append" in hover["data"]["text/plain"], hover
        print(f"    first cell {first:.2f} s after a cold start; completion after `run.` {sorted(took)[2] * 1000:.0f} ms (median of 5)")
        # The promises are 5 s and 0.3 s on a machine of one's own; under load the limits are looser, and the numbers above tell.
        assert first < 20 and min(took) < 0.3, (first, took)


def test_unsigned_and_malformed_messages_are_dropped():
    import zmq
    with Kernel() as kernel:
        connection = kernel.manager.get_connection_info()
        raw = zmq.Context.instance().socket(zmq.DEALER)
        raw.linger = 0
        raw.connect(f"tcp://127.0.0.1:{connection['shell_port']}")
        header = json.dumps({"msg_id": "x", "msg_type": "execute_request", "session": "s", "username": "u", "date": "2020-01-01T00:00:00Z", "version": "5.3"}).encode()
        body = json.dumps({"code": "var forged = 1;", "silent": False}).encode()
        wrong = hmac.new(b"another key", header + b"{}{}" + body, hashlib.sha256).hexdigest().encode()
        for frames in ([b""], [b"x", b"y"], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"", header, b"{}", b"{}", body], [b"<IDS|MSG>", wrong, header, b"{}", b"{}", body],
                       [b"<IDS|MSG>", hmac.new(connection["key"], b"nonsense{}{}{}", hashlib.sha256).hexdigest().encode(), b"nonsense", b"{}", b"{}", b"{}"]):
            raw.send_multipart(frames)
        equal(0, raw.poll(500))
        equal("CompilationError", kernel.run("forged")[0]["ename"])
        equal("2", kernel.run("1 + 1")[1])
        raw.close()


def test_a_library_that_ends_the_process_is_reported_before_the_kernel_goes():
    with Kernel() as kernel:
        reply, _ = kernel.run(LIBRARY_EXIT)
        equal("EnvironmentExit", reply["ename"])


def test_a_kernel_whose_front_end_dies_does_not_stay_behind():
    code = ("import os, sys; from jupyter_client import KernelManager; m = KernelManager(kernel_name='workbook'); m.start_kernel(); c = m.client(); c.start_channels(); "
            "c.wait_for_ready(timeout=60); print(m.provisioner.process.pid, flush=True); os._exit(0)")
    pid = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=90).stdout)
    end = time.monotonic() + 15
    while os.path.exists(f"/proc/{pid}") and open(f"/proc/{pid}/stat").read().split(") ")[1][0] != "Z":
        assert time.monotonic() < end, "the kernel is still there"
        time.sleep(0.2)


def test_the_headless_runner_writes_what_nbformat_would():
    path = saved("write.ipynb", 'Console.WriteLine("häß \\"q\\" 😀\\ttab");', "new[] { 1.5, 2 }", 'throw new Exception("x");')
    equal(1, workbook("notebook", "run", path, "--out", os.path.join(WORK, "out")).returncode)
    written = open(os.path.join(WORK, "out", "write.ipynb"), encoding="utf-8").read()
    read = nbformat.reads(written, 4)
    nbformat.validate(read)
    equal(nbformat.writes(read) + "\n", written)


def test_the_headless_runner_keeps_finished_outputs_on_ctrl_c():
    path = saved("loop.ipynb", "1 + 1", 'Console.WriteLine("begun"); while (true) { }', "3")
    process = subprocess.Popen(["dotnet", PROGRAM, "notebook", "run", path, "--in-place"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    while not nbformat.read(path, 4).cells[0].outputs:
        assert time.monotonic() < end, "the first cell was never written"
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)
    equal((130, b""), (process.returncode, said[0]))
    equal(["2", "begun\n", ""], [text(cell) for cell in nbformat.read(path, 4).cells])


def test_the_headless_runner_survives_a_library_that_ends_the_process():
    path = saved("exit.ipynb", "1 + 1", LIBRARY_EXIT, "3")
    equal(1, workbook("notebook", "run", path, "--in-place").returncode)
    cells = nbformat.read(path, 4).cells
    equal(("2", "EnvironmentExit", []), (text(cells[0]), cells[1].outputs[0].ename, cells[2].outputs))


def browser():
    chromium = next((found for found in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if found), None)
    if chromium is None:
        raise Skip("no Chromium")
    if importlib.util.find_spec("notebook") is None or importlib.util.find_spec("tornado") is None:
        raise Skip("the notebook server is not installed")
    return chromium


def test_a_browser_opens_a_notebook_runs_it_and_shows_the_figure():
    chromium = browser()
    saved(
        "browser.ipynb",
        """class Chart
{
    public IReadOnlyDictionary<string, object> ToMimeBundle() => new Dictionary<string, object>
    {
        ["application/vnd.plotly.v1+json"] = "{\\"data\\":[]}",
        ["image/svg+xml"] = "<svg xmlns='http://www.w3.org/2000/svg' width='420' height='160' id='the-chart'><rect width='420' height='160' fill='#eef'/><polyline fill='none' stroke='#06c' stroke-width='3' points='"
            + string.Join(" ", Enumerable.Range(0, 42).Select(i => $"{10 * i},{80 - 60 * Math.Sin(i / 4.0):0.0}")) + "'/></svg>",
    };
}""",
        'Console.WriteLine("Output of a cell");\nnew Chart().Display();',
        "class Table { public string ToHtml() => \"<table id='the-table'><tr><th>step</th><th>loss</th></tr><tr><td>1</td><td>0.69</td></tr></table>\"; }\nnew Table()",
        "throw new InvalidOperationException(\"what an error looks like\");")
    async def look(page):
        await page.wait("document.querySelectorAll('.output_error').length > 0 && !Jupyter.notebook.kernel_busy", 60, "the cells to run")
        equal(1, await page.evaluate("document.querySelectorAll('.output svg#the-chart, .output img[src^=\"data:image/svg\"]').length"))
        equal("0.69", await page.evaluate("document.querySelector('#the-table td:last-child').textContent"))
        words = await page.evaluate("document.querySelector('#notebook-container').innerText")
        assert "Output of a cell" in words and "cell 4, line 1" in words, words

    asyncio.run(browse(chromium, "browser.ipynb", look))


def test_a_browser_runs_the_start_notebook_and_shows_its_figures():
    chromium = browser()
    name = "00-start-here.ipynb"
    cells = sum(cell.cell_type == "code" for cell in nbformat.read(of_the_workbook(name), 4).cells)

    async def look(page):
        numbered = "[...document.querySelectorAll('.code_cell .input_prompt')].filter(prompt => /\\[\\d+\\]/.test(prompt.textContent)).length"
        await page.wait(f"{numbered} === {cells} || document.querySelectorAll('.output_error').length > 0", 120, "the cells to run")
        equal(0, await page.evaluate("document.querySelectorAll('.output_error').length"))
        equal(3, await page.evaluate("[...document.querySelectorAll('.output img[src^=\"data:image/png\"]')].filter(image => image.naturalWidth > 500).length"))
        assert await page.evaluate("document.querySelectorAll('.output table').length") >= 2

    asyncio.run(browse(chromium, name, look))


async def browse(chromium, name, look):
    """Opens a notebook of WORK in the notebook server's page, runs all of its cells and lets the caller look."""
    from browser import Page, until
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # As root, which containers are, the server wants to be told that this is meant.
    server = subprocess.Popen(
        [sys.executable, "-m", "notebook", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1", "--NotebookApp.token=t", f"--notebook-dir={WORK}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    page = Page(chromium, tempfile.mkdtemp(dir=WORK))

    def answers():
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token=t").status == 200
        except OSError:
            return False

    try:
        await until(answers, 40, "the notebook server")
        await page.connect()
        await page.call("Page.enable")
        await page.call("Page.navigate", url=f"http://127.0.0.1:{port}/notebooks/{name}?token=t")
        await page.wait("!!(window.Jupyter && Jupyter.notebook && Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected())", 60, "the notebook to open")
        equal(".net-csharp", await page.evaluate("Jupyter.notebook.kernel.name"))
        equal(0, await page.evaluate("document.querySelectorAll('.modal.in').length"))  # no question which kernel to use
        await page.evaluate("Jupyter.notebook.execute_all_cells()")
        await look(page)
        shot = os.path.join(SHOTS, name.replace(".ipynb", ".png"))
        # The picture to look at is that of the first figure.
        await page.evaluate("document.querySelector('.output img, .output svg').closest('.cell').scrollIntoView()")
        await page.screenshot(shot)
        assert os.path.getsize(shot) > 10_000
        if SHOTS != WORK:
            print(f"    screenshot: {shot}")
    finally:
        page.close()
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def test_the_kernel_is_uninstalled():
    equal(0, workbook("kernel", "uninstall", "--prefix", PREFIX).returncode)
    assert "workbook" not in KernelSpecManager().get_all_specs()


def main():
    tests = [(name[5:].replace("_", " "), test) for name, test in globals().items() if name.startswith("test_")]
    passed = failed = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            test()
        except Skip as reason:
            print(f"skipped: {name}: {reason}", flush=True)
            continue
        except Exception:  # noqa: BLE001  (a failing test must not stop the others)
            failed += 1
            print(f"FAILED: {name}\n{traceback.format_exc()}", flush=True)
            continue
        passed += 1
        print(f"ok: {name} ({time.monotonic() - began:.1f} s)", flush=True)
    shutil.rmtree(WORK, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
