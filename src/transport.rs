//! How bytes reach an engine: unix, tcp, TLS; pooled HTTP/1.1 on top.
