use super::*;
use crate::tui::fixture::Player;

#[test]
fn look() {
    for (w, h) in [(80, 24), (100, 30), (160, 48)] {
        println!("{}", Player::new(w, h).screen());
    }
    println!("{}", Player::new(80, 24).keys("1").screen());
    let _ = Drawn::default();
}
