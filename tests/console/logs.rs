//! Logs on the demo fleet, as a user reads them.

use super::terminal::Seat;

#[test]
fn a_log_is_searched_saved_and_read_on_after_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let mut seat = Seat::demo("", home.path(), 140, 40);
    seat.until(&["6 hosts", "blog-db-1"]);
    seat.keys("2/").keys("host=web-1 shop-api-1\r");
    seat.until(&["Containers 1/", "shop-api-1"]);
    seat.keys("l")
        .until(&["● following", "request completed", "/10k lines"]);
    // What is typed is found at once; Esc takes it back.
    seat.keys("/completed").until(&["/completed"]);
    seat.keys("\r").until(&["standing still", "/completed "]);
    seat.keys("\x1b")
        .until_so("no search", |s| !s.contents().contains("/completed "));
    seat.keys("&request\r").until(&["&request", " of "]);
    seat.keys("s").until(&["save what is shown to"]);
    seat.keys("\r").until(&["saved "]);
    let saved: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "log"))
        .collect();
    let [file] = saved.as_slice() else {
        panic!("one file: {saved:?}");
    };
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.is_empty() && text.lines().all(|l| l.contains("request")));
    // The container is restarted, and the view goes on by itself.
    seat.keys("G").until(&["● following"]);
    seat.keys("r").until(&["Cancel", "Restart"]);
    seat.keys("\t\r").until(&["shop-api-1 started again"]);
    seat.until_so("lines after the restart", |s| {
        let text = s.contents();
        let after = text.split("started again").nth(1);
        after.is_some_and(|rest| rest.contains("request"))
    });
}
