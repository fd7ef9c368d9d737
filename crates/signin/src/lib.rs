//! Signing in: OpenID Connect with any provider, and the small one that up starts.
