use rstest::rstest;

use super::*;

fn detect(vars: &[(&str, &str)]) -> Capabilities {
    Capabilities::detect(&|name| {
        vars.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| (*v).to_owned())
    })
}

#[rstest]
#[case::over_ssh(&[("TERM", "xterm-256color")], ColorDepth::Ansi256, true)]
#[case::truecolor(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], ColorDepth::True, true)]
#[case::kitty(&[("TERM", "xterm-kitty")], ColorDepth::True, true)]
#[case::putty(&[("TERM", "xterm")], ColorDepth::Ansi256, true)]
#[case::console(&[("TERM", "linux")], ColorDepth::Ansi16, false)]
#[case::tmux(&[("TERM", "screen-256color"), ("TMUX", "/tmp/t"), ("COLORTERM", "truecolor")], ColorDepth::True, true)]
#[case::gnu_screen(&[("TERM", "screen-256color"), ("COLORTERM", "truecolor")], ColorDepth::Ansi256, false)]
#[case::screen_sty(&[("TERM", "xterm-256color"), ("STY", "1.x"), ("COLORTERM", "24bit")], ColorDepth::Ansi256, false)]
#[case::plain_screen(&[("TERM", "screen")], ColorDepth::Ansi16, false)]
#[case::no_color(&[("TERM", "xterm-kitty"), ("NO_COLOR", "1")], ColorDepth::None, true)]
#[case::no_color_empty(&[("TERM", "xterm-kitty"), ("NO_COLOR", "")], ColorDepth::True, true)]
#[case::dumb(&[("TERM", "dumb"), ("COLORTERM", "truecolor")], ColorDepth::None, true)]
#[case::vt(&[("TERM", "vt220")], ColorDepth::None, true)]
#[case::nothing(&[], ColorDepth::Ansi16, true)]
fn the_environment_tells_the_depth(
    #[case] vars: &[(&str, &str)],
    #[case] depth: ColorDepth,
    #[case] italic: bool,
) {
    let caps = detect(vars);
    assert_eq!((caps.depth, caps.italic), (depth, italic));
}

#[test]
fn words_name_depths() {
    for depth in [
        ColorDepth::None,
        ColorDepth::Ansi16,
        ColorDepth::Ansi256,
        ColorDepth::True,
    ] {
        assert_eq!(ColorDepth::from_word(depth.word()), Some(depth));
    }
    assert_eq!(ColorDepth::from_word("auto"), None);
}

#[rstest]
#[case((255, 0, 0), 196)]
#[case((0, 0, 0), 16)]
#[case((255, 255, 255), 231)]
#[case((128, 128, 128), 244)]
#[case((95, 135, 175), 67)]
#[case((8, 8, 8), 232)]
fn rgb_becomes_the_nearest_of_256(#[case] rgb: (u8, u8, u8), #[case] index: u8) {
    assert_eq!(rgb_to_256(rgb.0, rgb.1, rgb.2), index);
}

#[test]
fn palette_colours_are_their_own_nearest() {
    for index in 16..=255 {
        let rgb = palette_rgb(index);
        assert_eq!(palette_rgb(rgb_to_256(rgb.0, rgb.1, rgb.2)), rgb, "{index}");
    }
}

#[rstest]
#[case::soft_green(0xa3, 0xd4, 0x8a, 2)]
#[case::soft_red(0xf2, 0x84, 0x8c, 9)]
#[case::soft_blue(0x8a, 0xb4, 0xf8, 12)]
#[case::amber(0xe8, 0xc4, 0x7c, 11)]
#[case::gray(0x66, 0x70, 0x85, 8)]
#[case::black(0x10, 0x12, 0x15, 0)]
#[case::white(0xfa, 0xfa, 0xfa, 15)]
#[case::navy(0x10, 0x10, 0x80, 4)]
fn a_hue_survives_in_16_colours(#[case] r: u8, #[case] g: u8, #[case] b: u8, #[case] index: u8) {
    assert_eq!(rgb_to_16(r, g, b), index);
}

#[test]
fn reducing_twice_changes_nothing() {
    for depth in [
        ColorDepth::None,
        ColorDepth::Ansi16,
        ColorDepth::Ansi256,
        ColorDepth::True,
    ] {
        for color in [
            Color::Rgb(1, 200, 77),
            Color::Indexed(200),
            Color::Red,
            Color::Reset,
        ] {
            let once = reduce(color, depth);
            assert_eq!(reduce(once, depth), once);
            assert_eq!(Packed::new(once, depth), Packed::new(color, depth));
        }
    }
}
