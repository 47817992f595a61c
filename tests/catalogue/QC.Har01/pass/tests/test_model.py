from unittest import mock


def test_it():
    assert mock.Mock()
