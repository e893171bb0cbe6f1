//! The pictures of the README: taken from the program on the demo fleet, never drawn by hand.
//! `PILOTHOUSE_SCREENSHOTS=write` takes them anew; without it the same steps are taken, and the
//! screens must show what the pictures are there for.

use std::path::Path;

use super::svg::{self, DARK, LIGHT, Paper};
use super::terminal::Seat;

/// A picture: the file, what it shows, how to get there.
struct Picture {
    file: &'static str,
    title: &'static str,
    paper: Paper,
    /// Keys, and what must be seen after them.
    steps: &'static [(&'static str, &'static [&'static str])],
}

const READY: &[&str] = &["blog-db-1", "6 hosts", "web-2", "7w", "1/60"];

const PICTURES: &[Picture] = &[
    Picture {
        file: "overview.svg",
        title: "The overview",
        paper: DARK,
        steps: &[("", READY)],
    },
    Picture {
        file: "logs.svg",
        title: "Logs of a project, merged by time",
        paper: DARK,
        steps: &[
            ("", READY),
            ("2/shop-api\r", &["1/6"]),
            ("*L", &["api-2", "following"]),
        ],
    },
    Picture {
        file: "explain.svg",
        title: "Why a container is unhealthy",
        paper: DARK,
        steps: &[
            ("", READY),
            ("2/health=unhealthy\r", &["1/"]),
            ("d", &["Why", "its health check failed"]),
        ],
    },
    Picture {
        file: "confirm.svg",
        title: "A removal lists its victims and starts on Cancel",
        paper: DARK,
        steps: &[
            ("", READY),
            ("2/shop-api\r", &["1/6"]),
            ("*D", &["force", "Cancel"]),
            ("f", &["This cannot be undone"]),
        ],
    },
    Picture {
        file: "form.svg",
        title: "A form with its plan and the equivalent shell line",
        paper: DARK,
        steps: &[
            ("", READY),
            ("2c", &["New container"]),
            ("redis:7.4\t", &["redis:7.4", "The same from a shell"]),
        ],
    },
    Picture {
        file: "fleet.svg",
        title: "A tile for each machine",
        paper: DARK,
        steps: &[
            ("", READY),
            ("8", &["8 Fleet", "nothing is wrong", "% of", "images "]),
        ],
    },
    Picture {
        file: "light.svg",
        title: "The light theme",
        paper: LIGHT,
        steps: &[("", READY)],
    },
];

fn take(picture: &Picture) -> String {
    let home = tempfile::tempdir().unwrap();
    if picture.paper.ground == LIGHT.ground {
        let dir = home.path().join(".config/pilothouse");
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("config.toml"), "[ui]\ntheme = \"light\"\n").unwrap();
    }
    let mut seat = Seat::demo("", home.path(), 150, 42);
    seat.until_so("the first measurement", |s| {
        s.contents()
            .lines()
            .any(|l| l.contains("blog-db-1") && l.contains('%'))
    });
    for (keys, seen) in picture.steps {
        seat.keys(keys).until(seen);
    }
    seat.calm();
    svg::draw(seat.screen.screen(), picture.title, picture.paper)
}

#[test]
fn the_pictures_show_what_they_are_there_for() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let write = std::env::var_os("PILOTHOUSE_SCREENSHOTS").is_some_and(|v| v == "write");
    for picture in PICTURES {
        let drawn = take(picture);
        assert!(
            drawn.len() > 10_000,
            "{}: {} bytes",
            picture.file,
            drawn.len()
        );
        let controls = drawn.chars().filter(|c| c.is_control() && *c != '\n');
        assert_eq!(controls.count(), 0, "{}", picture.file);
        if write {
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join(picture.file), drawn).unwrap();
        }
    }
}

#[test]
fn the_readme_shows_every_picture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    for picture in PICTURES {
        let file = root.join("screenshots").join(picture.file);
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", picture.file));
        assert!(
            text.contains(&format!("<title>{}</title>", picture.title)),
            "{}",
            picture.file
        );
        let link = format!("screenshots/{}", picture.file);
        assert!(readme.contains(&link), "{link}");
    }
    let files = std::fs::read_dir(root.join("screenshots")).unwrap();
    assert_eq!(
        files.count(),
        PICTURES.len(),
        "a picture that nothing draws"
    );
}
