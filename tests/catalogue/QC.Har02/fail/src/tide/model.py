from unittest import mock

clock = mock.Mock()
