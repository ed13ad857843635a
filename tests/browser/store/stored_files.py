"""Damage to what is stored, as a disk or another program would do it; the background must not be running."""

from __future__ import annotations

from tests.browser.test_recovery import close_offscreen
from tests.browser.wire import Wire

# A thread that was ended holds its files for a moment.
_AGAIN = """
  const again = async (work) => {
    for (let left = 100; ; left -= 1) {
      try {
        return await work();
      } catch (error) {
        if (error.name !== "NoModificationAllowedError" || left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
"""
_FILE = f"""{_AGAIN}
  const root = await navigator.storage.getDirectory();
  const folder = await (await root.getDirectoryHandle("models")).getDirectoryHandle(encodeURIComponent(repo));
  const handle = await folder.getFileHandle(encodeURIComponent(path));
"""
_FLIP = f"""async ([repo, path, offset]) => {{ {_FILE}
  const byte = new Uint8Array(await (await handle.getFile()).slice(offset, offset + 1).arrayBuffer());
  const writable = await again(() => handle.createWritable({{ keepExistingData: true }}));
  await writable.write({{ type: "write", position: offset, data: new Uint8Array([byte[0] ^ 1]) }});
  await writable.close();
}}"""
_TRUNCATE = f"""async ([repo, path, size]) => {{ {_FILE}
  const writable = await again(() => handle.createWritable({{ keepExistingData: true }}));
  await writable.truncate(size);
  await writable.close();
}}"""
_REMOVE = f"""async ([repo, path]) => {{ {_AGAIN}
  const root = await navigator.storage.getDirectory();
  const folder = await (await root.getDirectoryHandle("models")).getDirectoryHandle(encodeURIComponent(repo));
  await again(() => folder.removeEntry(encodeURIComponent(path)));
}}"""


def flip_a_bit(wire: Wire, repo: str, path: str, offset: int) -> None:
    """Change one bit of a stored file."""
    close_offscreen(wire)
    wire.page.evaluate(_FLIP, [repo, path, offset])
    wire.wake()


def cut_off(wire: Wire, repo: str, path: str, size: int) -> None:
    """Shorten a stored file."""
    close_offscreen(wire)
    wire.page.evaluate(_TRUNCATE, [repo, path, size])
    wire.wake()


def remove(wire: Wire, repo: str, path: str) -> None:
    """Take a stored file away."""
    close_offscreen(wire)
    wire.page.evaluate(_REMOVE, [repo, path])
    wire.wake()
