"""Readers of style configurations: file names -> function of (path, text) that yields the tools configured in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assaymark.subject.styles import ini, javascript, layered, php, toml, yaml
from assaymark.subject.styles.model import StyleTool

Reader = Callable[[str, str], Iterator[StyleTool]]

READERS: tuple[tuple[tuple[str, ...], Reader], ...] = (
    (("pyproject.toml",), toml.pyproject),
    (("ruff.toml", ".ruff.toml"), toml.ruff_file),
    (
        ("setup.cfg", "tox.ini", ".flake8", ".style.yapf", ".isort.cfg", ".pycodestyle", ".pydocstyle", "pytest.ini"),
        ini.sections,
    ),
    ((".pylintrc", "pylintrc"), ini.pylintrc),
    ((".clang-format", "_clang-format"), yaml.clang_format),
    ((".clang-tidy",), yaml.clang_tidy),
    ((".golangci.yml", ".golangci.yaml"), yaml.golangci),
    ((".rubocop.yml",), yaml.rubocop),
    (("rustfmt.toml", ".rustfmt.toml"), toml.rustfmt),
    (("clippy.toml", ".clippy.toml"), toml.clippy),
    (("cargo.toml",), toml.cargo),
    ((".juliaformatter.toml",), toml.julia_formatter),
    ((".eslintrc", ".eslintrc.json", ".eslintrc.yml", ".eslintrc.yaml"), javascript.eslintrc),
    (
        (
            "eslint.config.js",
            "eslint.config.mjs",
            "eslint.config.cjs",
            "eslint.config.ts",
            ".eslintrc.js",
            ".eslintrc.cjs",
        ),
        javascript.eslint_program,
    ),
    ((".prettierrc", ".prettierrc.json", ".prettierrc.yml", ".prettierrc.yaml"), javascript.prettier),
    (("biome.json", "biome.jsonc"), javascript.biome),
    (("package.json",), javascript.package),
    ((".php-cs-fixer.php", ".php-cs-fixer.dist.php", ".php_cs", ".php_cs.dist"), php.fixer),
    ((".phpcs.xml", "phpcs.xml", ".phpcs.xml.dist", "phpcs.xml.dist"), php.codesniffer),
    ((".lintr",), layered.lintr),
    (("air.toml", ".air.toml"), toml.air),
    (("pom.xml", "build.gradle", "build.gradle.kts"), layered.spotless),
    (("checkstyle.xml", ".checkstyle.xml"), layered.checkstyle),
    ((".shellcheckrc",), layered.shellcheck),
    ((".scalafmt.conf",), layered.scalafmt),
    ((".fprettify.rc", ".fprettifyrc", "fortitude.toml"), layered.fortran),
)
