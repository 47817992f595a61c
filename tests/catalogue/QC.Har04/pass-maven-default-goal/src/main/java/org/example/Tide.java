package org.example;

class Tide {
    static int height(int t) {
        return 2 * t;
    }
}
