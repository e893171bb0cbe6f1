//! A random walk of changes made with the docker CLI behind the core's back: in the end the picture
//! equals what the CLI lists.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse::domain::selector::normal_image_name;
use pilothouse::domain::snapshot::HostShard;

use crate::bench::Bench;
use crate::live;

const CHANGES: usize = 200;

/// A small generator: the same walk every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

/// One walker: changes an engine, remembers what it made.
struct Walker {
    endpoint: String,
    dice: Dice,
    count: usize,
    containers: Vec<String>,
    volumes: Vec<String>,
    networks: Vec<String>,
    tags: Vec<String>,
    image: String,
}

impl Walker {
    fn name(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("walk-{kind}-{}", self.count)
    }

    fn docker(&self, args: &[&str]) {
        // A change that the state does not allow is part of the walk.
        let _ = live::docker_output(&self.endpoint, args);
    }

    fn change(&mut self) {
        let roll = self.dice.roll(14);
        let (containers, image) = (self.containers.len(), self.image.clone());
        if containers == 0 || roll == 0 || roll == 1 {
            let name = self.name("c");
            let verb: &[&str] = if roll == 0 {
                &["create"]
            } else {
                &["run", "-d"]
            };
            let trap = "trap exit TERM; while :; do sleep 1; done";
            let rest = ["--name", &name, &image, "sh", "-c", trap];
            self.docker(&[verb, &rest].concat());
            self.containers.push(name);
            return;
        }
        let at = self.dice.roll(containers);
        let name = self.containers[at].clone();
        match roll {
            2 => self.docker(&["start", &name]),
            3 => self.docker(&["stop", "-t", "1", &name]),
            4 => self.docker(&["kill", &name]),
            5 => self.docker(&["pause", &name]),
            6 => self.docker(&["unpause", &name]),
            7 => {
                self.docker(&["rm", "-f", &name]);
                self.containers.remove(at);
            }
            8 => {
                let to = self.name("r");
                self.docker(&["rename", &name, &to]);
                self.containers[at] = to;
            }
            9 => {
                let volume = self.name("v");
                self.docker(&["volume", "create", &volume]);
                self.volumes.push(volume);
            }
            10 => {
                if let Some(volume) = self.volumes.pop() {
                    self.docker(&["volume", "rm", &volume]);
                }
            }
            11 => {
                let network = self.name("n");
                self.docker(&["network", "create", &network]);
                self.networks.push(network);
            }
            12 => {
                if let Some(network) = self.networks.pop() {
                    self.docker(&["network", "rm", &network]);
                }
            }
            _ => {
                if let Some(tag) = self.tags.pop() {
                    self.docker(&["rmi", &tag]);
                } else {
                    let tag = format!("walk/{}:1", self.name("t"));
                    self.docker(&["tag", &image, &tag]);
                    self.tags.push(tag);
                }
            }
        }
    }

    fn clean_up(&mut self) {
        for name in std::mem::take(&mut self.containers) {
            self.docker(&["rm", "-f", &name]);
        }
        for name in std::mem::take(&mut self.volumes) {
            self.docker(&["volume", "rm", &name]);
        }
        for name in std::mem::take(&mut self.networks) {
            self.docker(&["network", "rm", &name]);
        }
        for name in std::mem::take(&mut self.tags) {
            self.docker(&["rmi", &name]);
        }
    }
}

/// What there is, in words that both sides have.
type Picture = BTreeMap<&'static str, BTreeSet<String>>;

fn lines(endpoint: &str, args: &[&str]) -> BTreeSet<String> {
    live::docker(endpoint, args)
        .lines()
        .map(|l| l.trim().to_owned())
        .filter(|l| !l.is_empty())
        .collect()
}

fn as_docker_says(endpoint: &str) -> Picture {
    let containers = [
        "ps",
        "-a",
        "--no-trunc",
        "--format",
        "{{.ID}} {{.Names}} {{.State}}",
    ];
    let images = [
        "image",
        "ls",
        "--no-trunc",
        "--format",
        "{{.ID}} {{.Repository}}:{{.Tag}}",
    ];
    let images = lines(endpoint, &images);
    let named = images.iter().filter(|l| !l.contains("<none>")).map(|l| {
        let (id, name) = l.split_once(' ').unwrap();
        let id = id.trim_start_matches("sha256:");
        format!("{id} {}", normal_image_name(name))
    });
    [
        ("containers", lines(endpoint, &containers)),
        (
            "volumes",
            lines(endpoint, &["volume", "ls", "--format", "{{.Name}}"]),
        ),
        (
            "networks",
            lines(
                endpoint,
                &[
                    "network",
                    "ls",
                    "--no-trunc",
                    "--format",
                    "{{.ID}} {{.Name}}",
                ],
            ),
        ),
        ("images", named.collect()),
    ]
    .into()
}

fn as_we_say(shard: &HostShard) -> Picture {
    let containers = shard
        .containers
        .iter()
        .map(|c| format!("{} {} {}", c.id, c.name, c.state));
    let images = shard.images.iter().flat_map(|i| {
        let id = i.id.as_str().trim_start_matches("sha256:");
        i.tags
            .iter()
            .map(move |t| format!("{id} {}", normal_image_name(t)))
    });
    [
        ("containers", containers.collect()),
        (
            "volumes",
            shard.volumes.iter().map(|v| v.name.to_string()).collect(),
        ),
        (
            "networks",
            shard
                .networks
                .iter()
                .map(|n| format!("{} {}", n.id, n.name))
                .collect(),
        ),
        ("images", images.collect()),
    ]
    .into()
}

/// Wait until both sides say the same; other tests may change the engine meanwhile.
pub(crate) fn pictures_become_equal(bench: &Bench, engines: &[(String, String)]) {
    for (name, endpoint) in engines {
        let mut last = String::new();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        loop {
            let shard = bench.shard(name);
            let (theirs, ours) = (as_docker_says(endpoint), as_we_say(&shard));
            if theirs == ours && shard.link.is_live() {
                break;
            }
            for (kind, all) in &theirs {
                let missing: Vec<_> = all.difference(&ours[kind]).collect();
                let wrong: Vec<_> = ours[kind].difference(all).collect();
                if !missing.is_empty() || !wrong.is_empty() {
                    last = format!("{name} {kind}: missing {missing:#?}, too much {wrong:#?}");
                }
            }
            assert!(std::time::Instant::now() < end, "{last} {:?}", shard.link);
            std::thread::park_timeout(std::time::Duration::from_millis(300));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_changes_behind_our_back() {
    if live::absent() {
        return;
    }
    let engines = live::engines();
    let bench = Bench::new(&engines);
    bench.all_live().await;
    let image = live::variable("IMAGE");
    let each = CHANGES.div_ceil(engines.len());
    let walkers = engines.iter().enumerate().map(|(n, (_, endpoint))| {
        let mut walker = Walker {
            endpoint: endpoint.clone(),
            dice: Dice(0x9e37_79b9_7f4a_7c15 ^ (n as u64 + 1)),
            count: n * 1000,
            containers: Vec::new(),
            volumes: Vec::new(),
            networks: Vec::new(),
            tags: Vec::new(),
            image: image.clone(),
        };
        tokio::task::spawn_blocking(move || {
            for _ in 0..each {
                walker.change();
            }
            walker
        })
    });
    let mut done = Vec::new();
    for walker in walkers.collect::<Vec<_>>() {
        done.push(walker.await.unwrap());
    }
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tokio::task::block_in_place(|| pictures_become_equal(&bench, &engines));
    }));
    for walker in &mut done {
        tokio::task::block_in_place(|| walker.clean_up());
    }
    if let Err(e) = result {
        std::panic::resume_unwind(e);
    }
    tokio::task::block_in_place(|| pictures_become_equal(&bench, &engines));
}
