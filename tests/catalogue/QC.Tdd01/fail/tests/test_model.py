def test_req_1_metres():
    assert True
