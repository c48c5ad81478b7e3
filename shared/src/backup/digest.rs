//! What a table's rows come to, whatever order they are read in: their number, and the sum of their hashes.

use super::Value;
use sha2::{Digest as _, Sha256};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    sum: u128,
}

impl Digest {
    pub(super) fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            match value {
                Value::Null => hash.update([0]),
                Value::Boolean(yes) => hash.update([1, u8::from(*yes)]),
                Value::Integer(number) => {
                    hash.update([2]);
                    hash.update(number.to_be_bytes());
                }
                Value::Text(text) => {
                    hash.update([3]);
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text.as_bytes());
                }
            }
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(first));
    }
}

#[cfg(test)]
mod tests {
    use super::{Digest, Value};

    fn of(rows: &[Vec<Value>]) -> Digest {
        let mut digest = Digest::default();
        rows.iter().for_each(|row| digest.add(row));
        digest
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_every_value_does() {
        let text = |text: &str| Value::Text(text.to_owned());
        let (a, b) = (vec![Value::Integer(1), Value::Null], vec![text("ab"), text("c")]);
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b.clone(), a.clone()]));
        assert_ne!(of(std::slice::from_ref(&a)), of(&[a.clone(), a.clone()]));
        assert_ne!(of(std::slice::from_ref(&b)), of(&[vec![text("a"), text("bc")]]));
        assert_ne!(of(&[vec![Value::Null]]), of(&[vec![text("")]]));
        assert_ne!(of(&[vec![Value::Integer(1)]]), of(&[vec![Value::Boolean(true)]]));
    }
}
