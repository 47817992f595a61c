import nox


@nox.session
def docs(session):
    session.run("sphinx-build", "docs", "out")


@nox.session
def tests(session):
    session.run("pytest")
