//! Postcard written straight onto the end of a buffer.

use postcard::ser_flavors::Flavor;
use serde::{Serialize, Serializer};

/// A Postcard flavour that appends to bytes that are already there.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Appends the Postcard form of a value. Only for values whose serialization cannot fail.
pub(crate) fn append<T: Serialize + ?Sized>(value: &T, buffer: &mut Vec<u8>) {
    postcard::serialize_with_flavor(value, Append(buffer)).expect("plain values of known length always serialize");
}

/// Bytes as one run instead of one element at a time: the same stored form, many times faster.
pub(crate) fn opaque<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}
