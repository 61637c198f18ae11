"""The files by which a page reads codes from the camera."""

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage


def reader_files() -> dict[str, str | None]:
    """Addresses of the code reader ("reader") and of its WebAssembly ("wasm"); None where installation could not fetch them."""
    return {"reader": _asset("barcode-detector.js"), "wasm": _asset("zxing_reader.wasm")}


def _asset(name: str) -> str | None:
    try:
        return staticfiles_storage.url(f"vendor/{name}") if finders.find(f"vendor/{name}") else None
    except ValueError:  # fetched after the static files were collected
        return None
