def test_req_1_metres():
    assert True


def test_utc():
    '''REQ-2'''
    assert True
