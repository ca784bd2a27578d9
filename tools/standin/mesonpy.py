"""Stands in for a build system while tools/setup downloads a source archive: gives the metadata that the archive
already holds, instead of configuring a build that nobody wants."""
import pathlib
import shutil


def _metadata(folder: str) -> str:
    text = pathlib.Path("PKG-INFO").read_text(encoding="utf-8")
    fields = dict(line.split(": ", 1) for line in text.splitlines() if line.startswith(("Name: ", "Version: ")))
    info = pathlib.Path(folder, f"{fields['Name'].replace('-', '_')}-{fields['Version']}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: standin\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return info.name


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    return _metadata(metadata_directory)


def build_wheel(*arguments, **named):
    raise NotImplementedError("only archives are wanted")


build_sdist = build_editable = build_wheel
get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
