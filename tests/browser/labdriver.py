"""JupyterLab and Chromium for the browser tests: started once, alone with each other.

The Lab is the one a student gets, by ``mlip-edu lab``, with settings of its own; the browser may talk to nobody else.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
TOKEN = "browser-tests"
IDLE = """path => {
  const app = window.jupyterapp;
  if (!app || !app.commands.hasCommand('notebook:run-all-cells')) return false;
  const widget = app.shell.currentWidget;
  if (!(widget && widget.context && widget.context.path === path && widget.context.isReady)) return false;
  const kernel = widget.sessionContext && widget.sessionContext.session && widget.sessionContext.session.kernel;
  return !!(kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle');
}"""
RUN = """() => {
  window.ended = null;
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => { window.ended = true; });
}"""
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells
  .flatMap(cell => cell.outputs || [])"""


class Lab:
    """``mlip-edu lab FOLDER`` on a free port, until :meth:`close`."""

    def __init__(self, folder: Path, scratch: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        for name, content in SETTINGS.items():
            file = scratch / "settings" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(content))
        own = {
            "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
            "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        }  # fmt: skip
        environment = os.environ | {name: str(scratch / part) for name, part in own.items()} | {"OMP_NUM_THREADS": "1"}
        options = f"--no-browser --expose-app-in-browser --allow-root --ip=127.0.0.1 --port={port}"
        options += f" --IdentityProvider.token={TOKEN}"
        self.log = (scratch / "lab.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlip_edu.cli", "lab", str(folder), f"--jupyter={options}"],
            env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        for _ in range(900):
            with suppress(OSError), urllib.request.urlopen(f"{self.address}/api/status?token={TOKEN}", timeout=1):
                return
            time.sleep(0.1)
        self.close()
        raise RuntimeError(f"JupyterLab did not start: {(scratch / 'lab.log').read_text()[-2000:]}")

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 15)  # the command and JupyterLab, which ends its kernels
        self.process.wait(30)
        self.log.close()


class Notebook:
    """A notebook open in the browser, and all that its page complained about or asked for elsewhere."""

    def __init__(self, page, lab: Lab, path: str):
        self.page, self.path, self.errors, self.elsewhere = page, path, [], []
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url, lab.address))
        page.on("websocket", lambda socket: self._asked(socket.url.replace("ws://", "http://"), lab.address))
        page.goto(f"{lab.address}/lab/tree/{path}?token={TOKEN}&reset")
        page.wait_for_function(IDLE, arg=path, timeout=90_000)

    def _asked(self, address: str, ours: str) -> None:
        if not address.startswith((ours, "data:", "blob:")):
            self.elsewhere.append(address)

    def run(self, timeout: float = 300) -> None:
        """Run all cells, to the end."""
        self.page.evaluate(RUN)
        self.page.wait_for_function("() => window.ended", timeout=1000 * timeout)
        self.page.wait_for_function(IDLE, arg=self.path, timeout=1000 * timeout)

    def failures(self) -> list[str]:
        return [f"{o['ename']}: {o['evalue']}" for o in self.page.evaluate(OUTPUTS) if o["output_type"] == "error"]

    def close(self) -> None:
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()


def picture(element) -> np.ndarray:
    """What is seen of an element: (height, width, 3), 0 to 255."""
    return np.asarray(Image.open(io.BytesIO(element.screenshot())).convert("RGB")).astype(int)


def changed(before: np.ndarray, after: np.ndarray) -> float:
    """The fraction of pixels that differ visibly."""
    return float((np.abs(before - after).max(-1) > 16).mean()) if before.shape == after.shape else 1.0


def wait_for_change(element, before: np.ndarray, least: float = 0.001, seconds: float = 10) -> None:
    end = time.time() + seconds
    while changed(before, picture(element)) <= least:
        assert time.time() < end, "the picture did not change"
        time.sleep(0.1)


CLOCK = """([root, picture]) => {
  const tick = () => requestAnimationFrame(() => { window.seen ??= performance.now(); });
  document.addEventListener('keydown', () => { window.pressed = performance.now(); window.seen = null; }, true);
  new MutationObserver(changes => {
    for (const { target } of changes) {
      const found = target.nodeType === 1 && target.closest(picture);
      if (!found) continue;
      if (found.tagName === 'IMG' && !found.complete) found.addEventListener('load', tick, { once: true });
      else tick();
    }
  }).observe(root, { subtree: true, childList: true, attributes: true });
}"""


def reaction_times(notebook: Notebook, root, slider, picture: str, presses: int = 21) -> list[float]:
    """Milliseconds from pressing an arrow key on ``slider`` to the frame that shows a changed ``picture``."""
    page = notebook.page
    page.evaluate(CLOCK, [root.element_handle(), picture])
    slider.focus()
    times = []
    for press in range(presses):
        page.keyboard.press("ArrowRight" if press % 2 else "ArrowLeft")  # to and fro, within the range
        page.wait_for_function("() => window.seen", timeout=10_000)
        times.append(page.evaluate("() => window.seen - window.pressed"))
    return times
