package tide

import (
	"net/http/httptest"
)

var _ = httptest.NewServer
