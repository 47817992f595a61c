pub fn two() -> i32 { 2 }

#[cfg(test)]
mod tests {
    #[test]
    fn it() {}
}
