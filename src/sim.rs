//! Simulated engines speaking the Docker Engine HTTP API on unix sockets.
