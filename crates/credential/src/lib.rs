//! The licence as a credential and as a document: SD-JWT VC, Token Status List, HTML, PDF, QR.
