//! One simulated engine on its own unix socket: the model, the clock's ticker and the listener.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::clock::SimClock;
use super::flavour::Flavour;
use super::http;
use super::model::Model;
use super::script::FaultHandle;
use super::view::{ContainerView, View};
use crate::domain::error::{Error, ErrorKind, Result};

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// The host name it reports.
    pub name: String,
    pub flavour: Flavour,
    /// Ids, addresses, loads and logs follow from it.
    pub seed: u64,
    /// Where it listens; a stale socket there is replaced.
    pub socket_path: PathBuf,
    pub clock: SimClock,
}

/// What the server's tasks have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The model is one value that requests and the ticker change in turn; never held over an
    /// await, and every use is short.
    model: Mutex<Model>,
    pub(crate) clock: SimClock,
    pub(crate) changed: watch::Sender<u64>,
    pub(crate) faults: FaultHandle,
    pub(crate) closing: CancellationToken,
    sooner: Notify,
}

impl Shared {
    /// Bring the model up to the time and work on it.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Model) -> T) -> T {
        let now = self.clock.nanos();
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, due) = (model.revision(), model.next_due());
        model.advance(now);
        let result = work(&mut model);
        // What became due at this very moment is part of the same change.
        model.advance(now);
        let (after, next) = (model.revision(), model.next_due());
        drop(model);
        if before != after {
            self.changed.send_replace(after);
        }
        if next.is_some_and(|next| due.is_none_or(|due| next < due)) {
            self.sooner.notify_one();
        }
        result
    }

    /// Carry out what the time brings.
    async fn tick(self: Arc<Self>) {
        loop {
            let next = self.with(|model| model.next_due()).unwrap_or(i64::MAX);
            tokio::select! {
                () = self.closing.cancelled() => return,
                () = self.sooner.notified() => {}
                () = self.clock.wait_until(next) => {}
            }
        }
    }
}

/// A running simulated engine. Dropping it stops the server and removes the socket.
#[derive(Debug)]
pub struct SimEngine {
    name: String,
    socket: PathBuf,
    shared: Arc<Shared>,
}

impl SimEngine {
    /// Listen and serve; call it inside a tokio runtime.
    pub fn start(config: SimConfig) -> Result<Self> {
        let now = config.clock.nanos();
        let model = Model::new(&config.name, config.flavour, config.seed, now);
        Self::serve(config, model)
    }

    /// Serve a model that has been filled before.
    pub(crate) fn serve(config: SimConfig, model: Model) -> Result<Self> {
        let listener = bind(&config.socket_path)?;
        let shared = Arc::new(Shared {
            model: Mutex::new(model),
            clock: config.clock,
            changed: watch::Sender::new(0),
            faults: FaultHandle::new(),
            closing: CancellationToken::new(),
            sooner: Notify::new(),
        });
        tokio::spawn(Arc::clone(&shared).tick());
        tokio::spawn(accept(
            Arc::clone(&shared),
            listener,
            config.socket_path.clone(),
        ));
        Ok(Self {
            name: config.name,
            socket: config.socket_path,
            shared,
        })
    }

    /// The host name it reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// `unix://...`, as a host's endpoint is written in the configuration.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Where its faults are set.
    pub fn faults(&self) -> FaultHandle {
        self.shared.faults.clone()
    }

    /// What is on it now, for assertions.
    pub fn view(&self) -> View {
        self.shared.with(|model| View::of(model))
    }

    /// One container by name, id or id prefix.
    pub fn container(&self, reference: &str) -> Option<ContainerView> {
        self.shared.with(|model| {
            let container = model.container(reference).ok()?;
            Some(ContainerView::of(model, container))
        })
    }

    /// Wait until `test` holds for what is on it; the caller sets the deadline.
    pub async fn wait_for(&self, test: impl Fn(&View) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if test(&self.view()) {
                return;
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for SimEngine {
    fn drop(&mut self) {
        self.shared.closing.cancel();
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn bind(path: &Path) -> Result<UnixListener> {
    let _ = std::fs::remove_file(path);
    UnixListener::bind(path).map_err(|source| {
        Error::new(ErrorKind::Internal, format!("listen on {}", path.display()))
            .with_source(source)
            .with_hint("choose a directory you can write to, with a path under 100 characters")
    })
}

/// Take connections until the engine is dropped, as the fault script allows.
async fn accept(shared: Arc<Shared>, listener: UnixListener, path: PathBuf) {
    let mut listener = Some(listener);
    let mut script = shared.faults.subscribe();
    let mut drops = script.borrow().drops;
    let mut connections = shared.closing.child_token();
    loop {
        let (refuses, dropped) = {
            let now = script.borrow_and_update();
            (now.refuses(), now.drops)
        };
        if dropped != drops || (refuses && listener.is_some()) {
            drops = dropped;
            connections.cancel();
            connections = shared.closing.child_token();
        }
        if refuses {
            listener = None;
        } else if listener.is_none() {
            listener = bind(&path).ok();
        }
        let next = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared.closing.cancelled() => return,
            changed = script.changed() => if changed.is_err() { return },
            accepted = next => if let Ok((stream, _)) = accepted {
                spawn(&shared, stream, connections.clone());
            },
        }
    }
}

fn spawn(shared: &Arc<Shared>, stream: UnixStream, token: CancellationToken) {
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::select! {
            () = token.cancelled() => {}
            () = http::connection(Arc::clone(&shared), stream, token.clone()) => {}
        }
    });
}
