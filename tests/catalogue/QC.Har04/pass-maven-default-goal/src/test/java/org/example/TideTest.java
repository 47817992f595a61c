package org.example;

import org.junit.jupiter.api.Test;

class TideTest {
    @Test
    void doubles() {
        assert Tide.height(1) == 2;
    }
}
