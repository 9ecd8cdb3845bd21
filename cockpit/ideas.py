"""The 21 categories of ideas: what each is called, where its prompt lies, and what of a repository it is shown.

Whoever proposes sees no more than a digest, so each category says what belongs into its digest beside the tree:
files (globs, the first that fit), and lines that a regular expression finds. Both are hints; a repository that has
nothing of it is a good answer as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SOURCE = "idea:"
"""Begins the source of a task that was an idea; the category follows."""


@dataclass(frozen=True, slots=True)
class Category:
    """A direction to look in."""

    id: str
    """As the configuration, the command line and the tasks call it; the prompt is `prompts/ideas/<id>.md`."""
    title: str
    looks: tuple[str, ...] = ()
    """Files whose beginnings are shown (globs over whole paths, `*` crosses folders)."""
    finds: str = ""
    """An extended regular expression; the lines that it finds are shown."""

    @property
    def prompt(self) -> str:
        """The prompt's name for `prompting.fill`."""
        return f"ideas/{self.id}"


_CI = (".github/workflows/*", ".gitlab-ci.yml", ".circleci/config.yml", "Jenkinsfile", "azure-pipelines.yml")
_MANIFESTS = (
    *("pyproject.toml", "setup.cfg", "setup.py", "requirements*.txt", "*package.json", "Cargo.toml", "go.mod"),
    *("Gemfile", "*pom.xml", "*build.gradle*", "composer.json", "mix.exs", "*.csproj"),
)
_MARKUP = ("*.html", "*.jsx", "*.tsx", "*.vue", "*.svelte", "*.tcss", "*.css")

_ALL = (
    Category(
        "optimization",
        "Optimization",
        ("*bench*", "*perf*", "*__main__.py", "*main.*"),
        r"for .*(\.(query|execute|get|read|open|fetch|find)\(|SELECT )|\.readlines\(|\+= *[\"'f]|"
        r"list\(.*\.keys\(\)\)|sleep\(",
    ),
    Category("innovation", "Innovation", ("docs/*.md", "CHANGELOG*", "ROADMAP*", "*cli*.py", "*commands*"), ""),
    Category(
        "architecture",
        "Architecture",
        ("ARCHITECTURE*", "docs/*architect*", "docs/adr/*", "CONTRIBUTING*"),
        r"^ *(from \.\.|import .*(utils|common|helpers|core))|global |singleton|TODO.*(move|split|refactor)",
    ),
    Category(
        "front-end",
        "Front End",
        (*_MARKUP, "*screen*", "*views/*", "*components/*"),
        r"(on[A-Z][a-z]+=|addEventListener|loading|isLoading|disabled|placeholder|setState|useEffect|print\()",
    ),
    Category(
        "back-end",
        "Back End",
        ("*handlers*", "*routes*", "*api/*", "*server*", "*jobs*", "*tasks*", "*models*"),
        r"@(app|router|blueprint)\.|(requests|httpx|fetch|axios)\.?[a-z]*\(|\.(commit|save|execute)\(|"
        r"transaction|timeout",
    ),
    Category(
        "security",
        "Security",
        ("SECURITY*", "*auth*", "*login*", "*session*", "*upload*"),
        r"(eval|exec|pickle\.loads?|yaml\.load|os\.system|popen|shell=True|innerHTML|dangerouslySetInnerHTML|"
        r"verify=False|md5|sha1|random\.|chmod|mktemp|extractall|SELECT .*(%|\+|\{))",
    ),
    Category(
        "testing",
        "Testing",
        ("*conftest.py", "*test_*.py", "*_test.go", "*.test.*", "*.spec.*", "pytest.ini", "tox.ini"),
        r"(sleep\(|skip|xfail|assert True|toBeTruthy|assert_called|mock\.|Mock\(|flaky|only\()",
    ),
    Category(
        "documentation",
        "Documentation",
        ("README*", "docs/*", "CONTRIBUTING*", "*.example.*", "CHANGELOG*"),
        r"(add_argument\(|click\.option|@click\.|argparse|os\.environ|getenv|flag\.(String|Bool|Int))",
    ),
    Category(
        "technical-debt",
        "Technical Debt",
        ("*setup.cfg", "pyproject.toml", ".eslintrc*", "tsconfig.json"),
        r"(TODO|FIXME|HACK|XXX|[Dd]eprecated|for now|temporary|workaround|noqa|type: *ignore|"
        r"eslint-disable|@ts-ignore)",
    ),
    Category(
        "developer-experience",
        "Developer Experience",
        ("CONTRIBUTING*", "Makefile", "justfile", "scripts/*", "*.pre-commit-config.yaml", "*package.json", "tox.ini"),
        r"(usage:|Usage:|echo .*(error|fail)|exit 1|npm run|make [a-z-]+|raise SystemExit)",
    ),
    Category(
        "monitoring-observability",
        "Monitoring & Observability",
        ("*log*", "*metric*", "*health*", "*telemetry*", "*tracing*"),
        r"(except [^:]*: *(pass)?$|except:|catch *\(|logg(er|ing)\.|console\.(log|error)|"
        r"print\(.*(error|fail)|/health)",
    ),
    Category(
        "devops-infrastructure",
        "DevOps/Infrastructure",
        (
            *_CI,
            "*Dockerfile*",
            "*docker-compose*",
            "*compose.yaml",
            "*.tf",
            "scripts/*release*",
            "Makefile",
            "deploy/*",
        ),
        r"(uses: |FROM |curl .*\| *(ba)?sh|:latest|apt-get install|continue-on-error|allow_failure|COPY \. )",
    ),
    Category(
        "accessibility",
        "Accessibility",
        (*_MARKUP, "*a11y*", "*theme*", "*colour*", "*color*"),
        r"(<img|<button|<input|<a |onClick|tabindex|tabIndex|aria-|role=|outline: *(none|0)|alt=|"
        r"NO_COLOR|isatty|\\x1b\[|\\033\[)",
    ),
    Category(
        "dependency-management",
        "Dependency Management",
        (*_MANIFESTS, "*renovate.json", ".github/dependabot.yml"),
        r"^ *(import|from|require\(|use|#include) *[a-zA-Z_@]",
    ),
    Category(
        "data-management",
        "Data Management",
        ("*migrations/*", "*.sql", "*schema*", "*models*", "*store*", "*cache*"),
        r"(CREATE TABLE|ALTER TABLE|DELETE FROM|nullable|unique|ForeignKey|utcnow|datetime\.now|"
        r"open\(.*[\"']w|unlink|Float)",
    ),
    Category(
        "internationalization",
        "Internationalization",
        ("*locale*", "*i18n*", "*translations*", "*.po", "*messages*"),
        r"(\.lower\(\)|\.upper\(\)|toLowerCase|strftime|len\(.*(name|title|text)|open\([^)]*\)|"
        r"\[a-zA-Z|\[A-Za-z|[\"']s[\"'] if|encode\(|\.sort\()",
    ),
    Category(
        "error-handling-resilience",
        "Error Handling & Resilience",
        ("*retry*", "*error*", "*exception*", "*client*"),
        r"(except|catch|retry|timeout|raise |throw |finally|unwrap\(\)|\.expect\(|if err != nil|"
        r"sys\.exit|subprocess\.)",
    ),
    Category(
        "code-quality",
        "Code Quality",
        ("*setup.cfg", ".editorconfig", "*utils*", "*helpers*"),
        r"(def .*=(\[\]|\{\})|def \w+\(([^,)]*,){6,}|: Any|-> Any|cast\(|bool *= *(True|"
        r"False).*bool *= *(True|False)|: any[,; )])",
    ),
    Category(
        "compliance-governance",
        "Compliance & Governance",
        (
            "LICEN[CS]E*",
            "NOTICE*",
            "SECURITY*",
            "CODE_OF_CONDUCT*",
            "CONTRIBUTING*",
            "PRIVACY*",
            "CODEOWNERS",
            *_MANIFESTS,
        ),
        r"([Cc]opyright|SPDX|licen[cs]e|telemetry|analytics|e-?mail|phone|birth|ip_address|user_agent|retention)",
    ),
    Category(
        "scalability",
        "Scalability",
        ("*.sql", "*models*", "*queue*", "*worker*", "*pool*"),
        r"(\.all\(\)|SELECT \*|fetchall|readlines\(|\.read\(\)|LIMIT|ORDER BY|Lock\(|Queue\(|append\(|"
        r"setInterval|poll|glob\()",
    ),
    Category(
        "api-evolution",
        "API Evolution",
        ("*__init__.py", "*openapi*", "*swagger*", "*.proto", "*api*", "CHANGELOG*", "*schema.json"),
        r"(^__all__|^export |[Dd]eprecat|DeprecationWarning|\"version\"|@(app|router)\.(get|post|put|"
        r"delete)|add_argument\()",
    ),
)

CATEGORIES: Mapping[str, Category] = {category.id: category for category in _ALL}
"""By id, in the order of the table."""


def title(category: str) -> str:
    """What a category is called; one that this version does not know by its id."""
    known = CATEGORIES.get(category)
    return known.title if known else category


def find(text: str) -> Category | None:
    """The category of `testing`, `Testing` or `monitoring & observability`."""
    return _BY_NAME.get(_plain(text))


def unknown(text: str) -> str:
    """Why there is no such category, and what is near."""
    from difflib import get_close_matches  # not at the top: `cockpit status` reads this module

    near = get_close_matches(_plain(text), list(map(_plain, CATEGORIES)), 1)
    known = next((one.id for one in _ALL if near and _plain(one.id) == near[0]), "")
    return f"there is no category {text!r}" + (
        f"; did you mean {known}?" if known else "; `cockpit ideas` lists all of them"
    )


def category_of(source: str) -> str:
    """The category of an idea's task by its source; empty for all other tasks."""
    return source.removeprefix(SOURCE) if source.startswith(SOURCE) else ""


def known(names: Iterable[str]) -> tuple[str, ...]:
    """The ids among `names`, in the order of the table."""
    wanted = {found.id for name in names if (found := find(name))}
    return tuple(name for name in CATEGORIES if name in wanted)


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


_BY_NAME = {_plain(name): one for one in _ALL for name in (one.id, one.title)}
"""Made once: the rules of every decision name the categories."""
