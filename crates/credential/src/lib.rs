//! The licence as somebody carries it: a credential that anybody can check without Daftar, the list that says whether it
//! still holds, and its printed form.
//!
//! The credential is an SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc), the list a Token Status List
//! (draft-ietf-oauth-status-list). Nothing here reads a clock, a file or a register: whoever calls brings the time, the
//! keys and what stands in the register.

mod jws;
mod keys;
mod licence;
mod pdf;
mod qr;
mod sd_jwt;
mod status;
#[cfg(test)]
mod tests;

pub use jws::Refused;
pub use keys::{InvalidKeys, Keys};
pub use licence::{Credential, Licence, Title, type_metadata};
pub use pdf::{PdfError, Section, Sheet, pdf};
pub use qr::Qr;
pub use status::{Change, History, InvalidListName, ListName, Status, StatusList, StatusToken};
