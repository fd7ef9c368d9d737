//! Several commands in one NATS message and their answers in one: to the server and both ends a message costs far more
//! than a command. Each item follows its length (u32, little-endian); answers come in the order of the commands.

use bytes::{BufMut, Bytes, BytesMut};
use ledger::MAX_BLOCK;

/// The most commands in one message.
pub(crate) const MAX_ITEMS: usize = 256;
/// A message is closed when it has this many bytes: the last command may pass it.
pub(crate) const FULL: usize = MAX_BLOCK;

const LENGTH: usize = size_of::<u32>();

/// Adds an item to a message.
pub(crate) fn add(message: &mut BytesMut, item: &[u8]) {
    message.reserve(LENGTH + item.len());
    message.put_u32_le(u32::try_from(item.len()).expect("an item is at most as long as a message"));
    message.put_slice(item);
}

/// The items of a message, without copying them; none when the message is not of this form or has too many.
pub(crate) fn open(message: &Bytes) -> Option<Vec<Bytes>> {
    let mut items = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let (length, _) = message[at..].split_first_chunk::<LENGTH>()?;
        let end = (at + LENGTH).checked_add(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        if end > message.len() || items.len() == MAX_ITEMS {
            return None;
        }
        items.push(message.slice(at + LENGTH..end));
        at = end;
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_comes_out_and_nothing_else_does() {
        let mut message = BytesMut::new();
        let items: Vec<Vec<u8>> = (0..MAX_ITEMS).map(|length| vec![0xa5; length]).collect();
        items.iter().for_each(|item| add(&mut message, item));
        let whole = message.clone().freeze();
        assert_eq!(open(&whole).unwrap(), items);
        assert_eq!(open(&Bytes::new()), Some(Vec::new()));
        // Every cut is seen, unless it is between two items.
        let mut ends = 0;
        for length in 1..whole.len() {
            ends += usize::from(open(&whole.slice(..length)).is_some());
        }
        assert_eq!(ends, MAX_ITEMS - 1);
        add(&mut message, b"one too many");
        assert_eq!(open(&message.freeze()), None);
        assert_eq!(open(&Bytes::from_static(&[0xff; 12])), None, "a length beyond the end");
    }
}
