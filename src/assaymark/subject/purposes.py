"""What a command of CI is for: names of tools and actions, as data that anyone can review.

``run`` is matched against shell text (the word must stand as a command would, not as ``ruff.toml`` or ``docs/black``),
``uses`` against the name of an action, and against its inputs too where an expression says so by ``.*``: a list of
paths that starts a job, or the key of a cache, runs nothing.
"""

from __future__ import annotations

import re
from functools import cached_property

from assaymark.patterns import late, literals, ready
from assaymark.values import dataclass

_INPUT = late(r"\s[\w.-]+=")  # where the inputs of an action begin


@dataclass(frozen=True)
class Purpose:
    """A purpose and the expressions that betray it."""

    name: str
    run: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()

    @cached_property
    def _run(self) -> re.Pattern[str]:
        words = "|".join(self.run) or r"(?!)"
        # A path before the name only when it is where programs lie; no file ending after it.
        return ready(rf"(?:(?<![\w./-])|(?<=bin/)|(?<=exe/)|(?<=\s\./)|(?<=^\./))(?:{words})(?![\w-]|\.\w)")

    @cached_property
    def _uses(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Those for the name of an action, and those for what it is given as well."""
        names = [one for one in self.uses if ".*" not in one]
        calls = [one for one in self.uses if ".*" in one]
        return ready("|".join(names) or r"(?!)", re.IGNORECASE), ready("|".join(calls) or r"(?!)", re.IGNORECASE)

    @cached_property
    def _words(self) -> tuple[frozenset[str], frozenset[str]]:
        """One of these is in whatever fits, of ``run`` and (in small letters) of ``uses``."""
        run, uses = (frozenset(word for one in found for word in literals(one)) for found in (self.run, self.uses))
        return run, frozenset(map(str.lower, uses))

    def fits(self, text: str, uses: bool) -> bool:
        """Whether a command serves the purpose."""
        seen = text.lower() if uses else text
        if not any(word in seen for word in self._words[uses]):
            return False
        return self._found(text, uses) is not None

    def word(self, text: str, uses: bool) -> str:
        """What betrayed it; '' when nothing does."""
        found = self._found(text, uses)
        return found[0].strip() if found else ""

    def _found(self, text: str, uses: bool) -> re.Match[str] | None:
        if not uses:
            return self._run.search(text)
        names, calls = self._uses
        return names.search(_INPUT.split(text, maxsplit=1)[0]) or calls.search(text)


_RUNNER = r"(?:npm|yarn|pnpm|bun)(?: run)?"
_MVN = r"mvnw?(?:\.cmd)?(?: [^ |]+){0,12}?"
# The analysis of Sonar, started by a goal of Maven or a task of Gradle.
_SONAR = r"sonar:sonar|sonar-maven-plugin:\S*sonar|gradlew?(?:\.bat)?(?: [^ |]+){0,12}? sonar(?:qube)?"
# What environments and sessions are called that run no tests.
_NO_TESTS = (
    r"docs?(?!test)\w*|linkcheck|lint\w*|style|fmt|format\w*|black|ruff|flake8|pylint|isort|pre-?commit|mypy|typing|types?"
    r"|build|package|dist|release|publish|bump|clean|check-manifest|licen[cs]e\w*|security|bandit|audit|update\w*|upgrade\w*"
)
_OTHER_ENVS = rf"(?![^|&;]*\s(?:-e|-s|--env|--sessions?)[\s=]*['\"]?(?:{_NO_TESTS})(?:[-_,]\S*)?['\"]?(?:\s|$))"
# ``cargo +nightly``, ``cargo hack``: the command that they pass on follows.
_CARGO = r"cargo(?: \+\S+)?(?: hack(?: -[^ |&;]+(?: [\w,./]+)??){0,8}?)?"
_GRADLE = r"gradlew?(?:\.bat)?(?: [^ |]+){0,12}?"

# Languages that the tools of another one look at.
FAMILY = {
    "C": "C++",
    "CUDA": "C++",
    "Objective-C": "C++",
    "TypeScript": "JavaScript",
    "Vue": "JavaScript",
    "Kotlin": "Java",
    "Groovy": "Java",
    "Cython": "Python",
}

# Style tools by the language they judge; '*' are collections that cover several.
STYLE: dict[str, Purpose] = {
    "Python": Purpose(
        "style of Python",
        run=(
            r"ruff(?:-format|-check)?", "flake8", "pylint", "black(?:-jupyter)?", "blue", "autopep8", "yapf", "isort",
            "pycodestyle", "pydocstyle", "pylama", "prospector", "pyflakes", "pep8",
        ),
        uses=(r"ruff-action", r"\bblack@", r"/flake8", r"pylint", r"psf/black", r"wemake-python-styleguide",
            r"python-lint" ),
    ),
    "C++": Purpose(
        "style of C and C++",
        run=(
            r"(?:run-|git-)?clang-format(?:-\d+)?", r"(?:run-)?clang-tidy(?:-\d+)?(?:\.py)?", "cpplint(?:\\.py)?",
            "cppcheck",
            "astyle", "uncrustify", "clang-format\\.py",
        ),
        uses=(r"clang-format", r"clang-tidy", r"cpp-linter", r"cpplint", r"cppcheck"),
    ),
    "Fortran": Purpose(
        "style of Fortran",
        run=("fprettify", "findent", "wfindent", "fortitude", "fortran-linter", "flint", "fortls"),
        uses=("fprettify", "fortitude", "setup-fortran-lint"),
    ),
    "Go": Purpose(
        "style of Go",
        run=("golangci-lint(?:-full|-fmt)?", "gofmt", "goimports", "gofumpt", "golint", "revive", "staticcheck",
            "go vet", "go fmt", "go-fmt", "go-vet" ),
        uses=("golangci", "staticcheck", "revive", "go-lint", "gofmt"),
    ),
    "Rust": Purpose(
        "style of Rust",
        run=(_CARGO + r" (?:fmt|clippy)", "rustfmt", "clippy", "cargo-check"),
        uses=(r"^[^@\s]*clippy", r"^[^@\s]*rustfmt", r"actions-rs/cargo.*command=(?:fmt|clippy)"),
    ),
    "JavaScript": Purpose(
        "style of JavaScript",
        run=(
            "eslint", "prettier", "standard", "semistandard", "xo", "biome", "oxlint", "jshint", "tslint",
            "next lint", "ng lint",
            "vue-cli-service lint", "dprint", "deno (?:lint|fmt)", "nx lint",
        ),
        uses=("eslint", "prettier", "biome", "standardjs"),
    ),
    "Java": Purpose(
        "style of Java and Kotlin",
        run=(
            r"build plugin \S*(?:checkstyle|spotless|pmd|fmt-maven|formatter-maven|ktlint|detekt)\S*",
            "google-java-format", "checkstyle", "ktlint", "detekt",
            _GRADLE + r" (?:spotlessCheck|checkstyleMain|ktlintCheck|detekt)",
        ),
        uses=("checkstyle", "ktlint", "google-java-format", "detekt"),
    ),
    "R": Purpose(
        "style of R",
        run=(r"lintr(?:::\w+)?", r"styler(?:::\w+)?", "style_pkg", "lint_package", "jarl", "air format"),
        uses=("lintr", "styler", "setup-air", "jarl"),
    ),
    "Julia": Purpose(
        "style of Julia",
        run=("JuliaFormatter", "Runic", "runic"),
        uses=("julia-format", "runic", "JuliaFormatter"),
    ),
    "Ruby": Purpose("style of Ruby", run=("rubocop", "standardrb"), uses=("rubocop", "standardrb")),
    "Perl": Purpose("style of Perl", run=("perltidy", "perlcritic", "tidyall"), uses=("perltidy", "perlcritic")),
    "Shell": Purpose("style of shell", run=("shellcheck", "shfmt"), uses=("shellcheck", "shfmt")),
    "C#": Purpose("style of C#", run=("dotnet format", "csharpier"), uses=("csharpier",)),
    "PHP": Purpose("style of PHP", run=("phpcs", "php-cs-fixer", "pint"), uses=("phpcs", "php-cs-fixer")),
    "MATLAB": Purpose("style of MATLAB", run=("mh_style", "mh_lint"), uses=("miss_hit",)),
    "Scala": Purpose("style of Scala", run=("scalafmt", "sbt scalafmtCheck", "scalastyle"), uses=("scalafmt",)),
    "*": Purpose(
        "style of many languages",
        run=("mega-linter-runner", "trunk check", "qlty", "sonar-scanner", "npx mega-linter-runner",
            r"build plugin \S*sonar\S*", _SONAR, r"make lint" ),
        uses=("megalinter", "super-linter", "trunk-action", "sonarqube", "sonarcloud", "codacy-analysis",
            "pre-commit-ci", "reviewdog/action-suggester" ),
    ),
}  # fmt: skip # many short items

ANY_STYLE = Purpose(
    "style",
    run=tuple(word for purpose in STYLE.values() for word in purpose.run),
    uses=tuple(word for purpose in STYLE.values() for word in purpose.uses),
)

# What tells a reviewer of dead code, unused imports and style: besides tools of style, those that read code.
LINT = Purpose(
    "dead code and style",
    run=(
        *ANY_STYLE.run, "mypy", "pyright", "basedpyright", "vulture", "deadcode", "phpstan", "psalm", "phan",
        "actionlint", "yamllint", r"markdownlint(?:-cli2?)?", "rumdl", "hadolint", "stylelint",
    ),
    uses=(
        *ANY_STYLE.uses, "pyright", "vulture", "phpstan", "psalm", "actionlint", "yamllint", "markdownlint", "rumdl",
        "hadolint", "stylelint", "reviewdog/", "codeclimate-action", "deepsource(?!.*coverage)",
    ),
)  # fmt: skip # many short items

TEST = Purpose(
    "tests",
    run=(
        r"pytest", r"py\.test", r"(?:-m )?unittest", "nosetests", "nose2", "ctest", r"(?:rich)?go test",
        "gotestsum", "ginkgo",
        _CARGO + r" (?:test|nextest|llvm-cov|tarpaulin)", "cross test",
        _MVN.replace("mvnw?", r"mvnw?(?!.*(?:-DskipTests|-Dmaven\.test\.skip=true))" ) +
        r" (?:test|verify|package|install|deploy|site|integration-test)", _GRADLE + r" (?:test|check|build)",
        "jest", "vitest", "mocha", "karma", "ava", "cypress run", "playwright test", "react-scripts test", "ng test",
        _RUNNER + r" test(?:[:\w-]*)", "nyc", "R CMD check", r"devtools::(?:check|test)\w*", r"testthat::\w+",
        r"rcmdcheck(?:::\w+)?",
        r"Pkg\.test", r"Pkg; Pkg\.test", "fpm(?: [^ ]+){0,4} test", "rspec",
        r"rake(?=\s*(?:$|[;&|]))|rake(?: [^ |&;]+)*? (?:test|spec|default|check|ci)(?::\w+)?", "phpunit", "bats",
        r"make(?: -\S+| \w+=\S+)* (?:\w*[_-])?(?:tests?|check)(?:[_-]\w+)?", r"ninja (?:-\S+ )*test", "meson test",
        r"cmake .*--target (?:test|check)\w*",
        r"(?:python[\d.]* )?setup\.py test", r"hatch test", r"manage\.py test", "robot", "behave", "cucumber",
        rf"tox{_OTHER_ENVS}", rf"nox{_OTHER_ENVS}", "sbt test",
        "dotnet test", "swift test", "stack test", "cabal test", "lein test", "nf-test", "molecule test",
        "snakemake .*--lint", r"snakemake .*(?:--directory|-d)[ =]\.tests?\b", r"nextflow run .*-profile \S*test\w*",
        r"(?:bash |sh |python[\d.]* )?(?:[\w./-]*/)?(?:run[_-]?(?:all[_-]?)?)?tests?(?:[_-]\w+)?\.(?:sh|py|pl)",
        "k6 run", "newman run",
        "coverage run", r"spin test", r"testall\.py", "runtests", "cwltest", "prove", r"Build test",
        "(?:dzil|minil) test", "import_test", "matlab -batch .*test",
        "testflo", "karate",
    ),
    uses=(
        "julia-runtest", "check-r-package", "matlab-actions/run-tests", "pytest-action", "run-pytest",
        "cypress-io/github-action",
        "actions-rs/cargo.*command=(?:test|nextest)", "actions-rs/tarpaulin", "nf-test", "molecule-action",
        "tox-action", r"snakemake-github-action.*directory=\.tests?\b",
    ),
)  # fmt: skip # many short items

SCENARIOS = Purpose(
    "scenarios",
    run=(
        "behave",
        "cucumber(?:-js)?",
        "robot",
        "pabot",
        "radish",
        "godog",
        "karate",
        "lettuce",
        r"build plugin \S*cucumber\S*",
    ),
    uses=("behave", "cucumber", "robotframework"),
)

COVERAGE = Purpose(
    "test coverage",
    run=(
        r"--cov(?:=\S*)?", "coverage (?:run|xml|report|lcov|html|combine|json)",
        "codecov", "codecovcli", "coveralls", "gcov", "gcovr", "lcov", "geninfo", "fastcov", "kcov",
        _CARGO + r" (?:tarpaulin|llvm-cov)", "grcov",
        r"build plugin \S*(?:jacoco|cobertura|kover)\S*", "jacoco\\w*", r"covr(?:::\w+)?", r"go test .*-cover\S*",
        r"gotestsum .*-cover\S*",
        "go tool cover", "nyc", "c8",
        r"(?:jest|vitest|react-scripts test|ng test|karma|mocha) .*--(?:code-)?coverage",
        r"--collectCoverage",
        r"coverage ?= ?true", "dotnet test .*(?:XPlat Code Coverage|CollectCoverage)", "simplecov", "goveralls",
        "slipcover", "cargo-llvm-cov",
        r"(?:make|ninja|cmake .*--target)(?: [^ ]+)* \w*coverage\w*", r"ginkgo .*-cover\S*", _RUNNER +
        r" \S*coverage\S*", "process_folder", "LocalCoverage", r"cover -test", r"\S*Devel::Cover",
    ),
    uses=(
        "codecov/", "coveralls", "julia-processcoverage", "py-cov-action", "coverage-action", "code-coverage",
        "codacy-coverage",
        "paambaati/codeclimate", "lcov", "jacoco", "python-coverage", "qlty-action/coverage", "pytest-coverage",
        "cobertura", "go-test-coverage",
        "tarpaulin", "cargo-llvm-cov.*subcommand", "octocov", "deepsource.*coverage",
    ),
)  # fmt: skip # many short items

SAST = Purpose(
    "static security analysis",
    run=(
        "bandit", "semgrep", "opengrep", "codeql", "gosec", "snyk code", "sonar-scanner", "horusec", "flawfinder",
        "brakeman", "njsscan",
        r"build plugin \S*(?:spotbugs|findsecbugs|sonar)\S*", _SONAR, "pysa", "coverity", "cov-build", "rats",
        "devskim", "bearer scan", r"scan-build(?:-\d+)?", "infer (?:run|capture)", r"-fanalyzer",
    ),
    uses=(
        "github/codeql-action/(?:analyze|init)", "semgrep", "bandit", "gosec", "sonarqube", "sonarcloud",
        "snyk/actions", "devskim", "msdo",
        "security-devops", "flawfinder", "njsscan", "checkmarx", "veracode", "coverity", "bearer",
        r"(?:security|jobs)/sast(?:\.latest)?\.gitlab-ci", "fortify", "find-?sec-?bugs",
    ),
)  # fmt: skip # many short items

# Scanners that look at one language only.
ONE_LANGUAGE = {
    "bandit": "Python",
    "ruff": "Python",
    "flake8": "Python",
    "gosec": "Go",
    "golangci": "Go",
    "brakeman": "Ruby",
    "rubocop": "Ruby",
    "flawfinder": "C++",
    "clang-tidy": "C++",
    "njsscan": "JavaScript",
    "eslint": "JavaScript",
    "spotbugs": "Java",
    "findsecbugs": "Java",
}

# Scanners whose rules are those of a guide: each carries a reference to OWASP, CERT or a CWE.
GUIDE_RULES = Purpose(
    "rules of a secure-coding guide",
    run=(
        r"(?:semgrep|opengrep) .*(?:owasp|cwe-top-25|security-audit|p/default|--config[ =]auto)\S*", "bandit",
        "gosec", "brakeman",
        "flawfinder", "njsscan", "sonar-scanner", r"build plugin \S*(?:findsecbugs|sonar)\S*", _SONAR,
    ),
    uses=(
        r"semgrep.*(?:owasp|security-audit|cwe-top)",
        r"codeql-action/init.*(?:security-extended|security-and-quality)", "bandit", "gosec",
        "flawfinder", "njsscan", "sonarqube", "sonarcloud",
    ),
)  # fmt: skip # many short items

DEPENDENCIES = Purpose(
    "search for vulnerable dependencies",
    run=(
        "pip-audit", "safety", "osv-scanner", r"snyk(?: test| monitor)?", "trivy", "grype",
        r"(?:npm|yarn|pnpm) audit", _CARGO + r" (?:audit|deny|vet)",
        "govulncheck", "nancy", r"build plugin \S*(?:dependency-check|dependencycheck)\S*", "bundler-audit",
        "bundle audit", "fossa", "uv-secure",
        "jake", "python-safety-dependencies-check", "auditjs", "cyclonedx-\\w+",
    ),
    uses=(
        "dependency-review-action", "pip-audit", "osv-scanner", "snyk", "trivy", "anchore", "grype", "govulncheck",
        "dependency-check",
        "rustsec/", "cargo-deny", "audit-check", "fossa", "safety-action", "dependency-submission", "renovate", "mend",
        r"(?:security|jobs)/dependency-scanning",
    ),
)  # fmt: skip # many short items

SECRETS = Purpose(
    "search for secrets",
    run=("gitleaks(?:-docker)?", "trufflehog\\d?", "detect-secrets(?:-hook)?", "ggshield", "git-secrets",
        "secretlint", "talisman\\S*", "detect-private-key", "detect-aws-credentials", "ripsecrets",
        "trivy .*secret" ),
    uses=("gitleaks", "trufflehog", "detect-secrets", "ggshield", "gitguardian", "secret-scan",
        r"(?:security|jobs)/secret-detection"),
)  # fmt: skip # many short items

INFRASTRUCTURE = Purpose(
    "search for weaknesses in workflows and infrastructure",
    run=(
        "zizmor", "poutine", "octoscan", "checkov", "tfsec", "terrascan", "kics", "kubesec", "kube-score", "scorecard",
        r"trivy config", r"snyk iac",
    ),
    uses=("zizmor", "poutine", "octoscan", "checkov", "tfsec", "terrascan", "kics", "scorecard-action", "kubesec",
        r"(?:security|jobs)/sast-iac"),
)  # fmt: skip # many short items

# What looks at a change with security in mind; a search for secrets tells of a leak, and nothing of the rest.
ANALYSERS = (SAST, DEPENDENCIES, INFRASTRUCTURE)
SCANNERS = (*ANALYSERS, SECRETS)

# Plugins of Woodpecker and Drone are images.
_IMAGE_PLUGIN = r"plugin(?:-(?:docker(?:-buildx)?|kaniko)|s/(?:docker|buildx|kaniko))(?=[:@\s]|$)"
_RELEASE_PLUGIN = r"plugin(?:-(?:release|ready-release-go)|s/(?:github|gitea)-release)(?=[:@\s]|$)"

BUILD = Purpose(
    "an artefact",
    run=(
        r"-m build", "pyproject-build", "uv build", "poetry build", "hatch build", "flit build", "pdm build",
        r"(?:python[\d.]* )?setup\.py (?:-\S+ )*(?:s|b)dist\w*",
        "cibuildwheel", r"(?:docker|podman|nerdctl)(?: buildx| image| compose)? build",
        "docker-compose (?:-\\S+ \\S+ )*build", "buildah (?:bud|build)", "/kaniko/executor", "goreleaser",
        _CARGO + r" (?:build|package|publish|install --path)", "cross build", _MVN +
        " (?:package|verify|install|deploy)", _GRADLE + " (?:build|assemble|jar|bootJar|publish)",
        r"npm pack", _RUNNER + r" build\S*", "cpack", r"cmake [^|]*--(?:build|install)", r"ninja",
        r"make(?: -\S+(?: \d+)?| \w+=\S+)*(?: (?:all|install|build|dist|package|release|wheel)|$)",
        "meson (?:compile|install)", "R CMD (?:build|check)",
        r"rcmdcheck(?:::\w+)?", "go build", "ko build", r"fpm(?: [^ ]+){0,4} build",
        r"(?:apptainer|singularity) build", r"conda(?:-build| build| mambabuild)", "rattler-build",
        "pyinstaller", "nuitka", "nix build", "helm package", "electron-builder", "maturin (?:build|publish)",
        "wasm-pack", "dotnet (?:build|publish|pack)", "sbt (?:assembly|package|compile)",
        r"Pkg\.build", "PackageCompiler", "gem build", "spack (?:install|buildcache)", "ng build", "vite build",
        r"tsc(?!.* --noEmit)", "devtools::(?:check|build)", "dzil build", "minil dist", "skaffold build", "spin build",
    ),
    uses=(
        "build-push-action", "buildah-build", "kaniko", "cibuildwheel", "build-and-inspect-python-package",
        "goreleaser", "julia-buildpkg", "check-r-package",
        "actions-rs/cargo.*command=(?:build|package|publish)", "conda-build", "maturin-action", "rattler-build",
        "gradle-build-action.*build", "docker/bake-action", "publish-docker",
        "mr-smith/docker", "docker-build", "build-python-package", "upload-rust-binary-action",
        _IMAGE_PLUGIN,
    ),
)  # fmt: skip # many short items

# Our own, as a command, from another repository, and within this one.
_OUR_RELEASE = ("assaymark release publish", r'(?<=run\.sh" )release publish')
_OUR_RELEASE_USED = ("assaymark/actions/release@", r"assaymark/\.github/workflows/make-release\.yml")

PUBLISH = Purpose(
    "publication",
    run=(
        r"(?:-m )?twine upload", "uv publish", "poetry publish", "hatch publish", "flit publish", "pdm publish",
        "maturin (?:publish|upload)", r"(?:docker|podman|buildah|nerdctl|crane)(?: image| compose)? push",
        "docker-compose push", r"(?:docker|podman) buildx build .*(?:--push|push=true)",
        "/kaniko/executor(?! --no-push)", r"(?:npm|yarn|pnpm)(?: run)? publish", "semantic-release",
        r"(?:npx )?changeset publish",
        _CARGO + r" publish", r"gh release (?:create|upload)", "glab release", "release-cli",
        r"goreleaser(?! (?:check|build))", _MVN + " deploy", r"mvnw? .*release:perform", _GRADLE +
        r" (?:publish\w*|jib|uploadArchives)",
        "anaconda (?:-\\S+ \\S+ )*upload", r"chartpress .*--(?:push|publish-chart)\S*", "helm push", "oras push",
        r"(?:apptainer|singularity) push",
        "skopeo copy", "gem push", "ko (?:publish|apply)", "rake release", "ghr", "jreleaser", "dotnet nuget push",
        r"(?:python[\d.]* )?setup\.py .*upload", "semantic-release publish", "release-plz", "lerna publish",
        "cpan-upload", "(?:dzil|minil) release",
        "nx release", "cosign sign", *_OUR_RELEASE,
    ),
    uses=(
        *_OUR_RELEASE_USED,
        "actions-rs/cargo.*command=publish",
        "gh-action-pypi-publish", "build-push-action.*push=(?!false)", "push-to-registry", "npm-publish",
        "semantic-release", "publish-crates", "action-gh-release", "release-action",
        "upload-release-action", "upload-release-asset", "actions/create-release",
        "goreleaser-action(?!.*snapshot)", "chart-releaser", "JuliaRegistries/TagBot", "release-gem",
        "automatic-release",
        "release-please", "docker-publish", "publish-docker", "anaconda-upload", "upload-rust-binary-action",
        "jreleaser", "conda.*publish", "zenodo", "action-push", "changesets/action", "pypi-publish",
        "create-release",
        "maturin-action.*command=(?:upload|publish)", "build-push-to", "ncipollo", "mr-smith/docker",
        rf"{_IMAGE_PLUGIN}(?!.*dry_run=true)", _RELEASE_PLUGIN,
    ),
)  # fmt: skip # many short items

RELEASE_NOTICE = Purpose(
    "a release on the forge",
    run=(
        "gh release create", "glab release", "release-cli", "goreleaser(?! (?:check|build))", "semantic-release", "ghr",
        "jreleaser", "release-plz", "nx release", *_OUR_RELEASE,
    ),
    uses=(
        *_OUR_RELEASE_USED,
        "action-gh-release", "actions/create-release", "release-action", "ncipollo", "goreleaser-action(?!.*snapshot)",
        "TagBot", "semantic-release", "release-please", "automatic-release", "create-release", "chart-releaser",
        "jreleaser",
        "changesets/action", "upload-rust-binary-action", _RELEASE_PLUGIN,
    ),
)  # fmt: skip # many short items

# A message is about a delivery only where something is delivered: most of them tell of failed nightly runs.
MESSAGE = Purpose(
    "a message",
    run=(
        "sendmail", "mailx?", "emailext", "slackSend", "toot",
        r"curl .*(?:hooks\.slack\.com|discord\.com/api|/hooks/|api\.telegram|WEBHOOK)\S*",
    ),
    uses=(
        "slack", "discord", "mattermost", "telegram", "send-mail", "sendgrid", "mastodon", "zulip", "matrix-chat",
        "rocket",
        "teams-notif", "notify",
    ),
)  # fmt: skip # many short items

DEPLOYMENT_TEST = Purpose(
    "test of the deployment",
    run=(
        "hadolint(?:-docker)?", r"(?:docker|podman)(?: buildx| image| compose)? build",
        r"docker[- ]compose (?:-\S+ \S+ )*(?:config|build|up|run)", r"(?:apptainer|singularity) (?:build|test)",
        "helm (?:lint|template|unittest|install)", "ct (?:lint|install)", "helm-docs",
        "ansible-lint", "molecule(?: test)?", r"ansible-playbook .*--(?:syntax-check|check)",
        r"terraform (?:validate|fmt|plan)", "tofu (?:validate|plan)", "tflint", "terraform_validate",
        "terraform_fmt", "tfsec", "checkov", "kics", "kubeconform", "kubeval", "kube-linter", "kube-score",
        "kubectl apply .*--dry-run\\S*", "kustomize build",
        "trivy config", r"conda(?:-build| build| mambabuild)", "rattler-build", "spack (?:install|audit|ci)", "eb",
        "nix (?:build|flake check)", "nix-build", "kubectl apply", "kind create", "skaffold", "minikube start",
        "helmfile (?:lint|template)", "conftest", "container-structure-test", "dgoss", "buildah (?:bud|build)",
        "/kaniko/executor", "docker-compose-check", "packer validate", "puppet-lint", "cookstyle",
    ),
    uses=(
        "hadolint", "build-push-action", "buildah-build", "kaniko", "chart-testing", "helm/kind-action",
        "ansible-lint", "molecule", "tflint", "setup-terraform", "checkov", "kics", "kubeconform", "kube-linter",
        "docker/bake-action", "megalinter", "super-linter", "kubeval", "trivy-action.*config",
        "conda-build", "nix-build", "install-nix", "setup-apptainer", "k3s", "publish-docker", "docker-build",
        _IMAGE_PLUGIN,
    ),
)  # fmt: skip # many short items
