pub fn height() -> f64 {
    1.0
}
