use rstest::rstest;
use serde_json::{Value, json};

use super::Template;

fn item() -> Value {
    json!({
        "id": "0123456789abcdef",
        "name": "web",
        "state": "running",
        "restarts": 3,
        "health": null,
        "labels": { "env": "prod", "com.docker.compose.project": "shop" },
        "ports": [{ "private": 80, "public": 8080 }, { "private": 443, "public": null }],
        "tags": ["a", "b"],
        "none": [],
    })
}

#[rstest]
#[case("plain", "plain")]
#[case(r"{{.name}}\t{{.state}}", "web\trunning")]
#[case("{{.Name}} {{.ID}}", "web 0123456789abcdef")]
#[case("{{.labels.env}}", "prod")]
#[case("{{.labels.missing}}|", "|")]
#[case(r#"{{index .labels "com.docker.compose.project"}}"#, "shop")]
#[case(
    r#"{{.labels | len}}{{index .tags 1}}{{index .ports 0 "public"}}"#,
    "2b8080"
)]
#[case("{{json .tags}}{{json .health}}", r#"["a","b"]null"#)]
#[case("{{.name | upper}}{{lower \"ABC\"}}{{title .name}}", "WEBabcWeb")]
#[case("{{join .tags \", \"}}{{.tags | join \"-\"}}", "a, ba-b")]
#[case("{{truncate .id 4}}{{.id | truncate 4}}", "01230123")]
#[case(
    "{{range .ports}}{{.private}}{{with .public}}->{{.}}{{end}} {{end}}",
    "80->8080 443 "
)]
#[case(
    "{{range $k, $v := .labels}}{{$k}}={{$v}};{{end}}",
    "com.docker.compose.project=shop;env=prod;"
)]
#[case("{{range $i, $t := .tags}}{{if $i}},{{end}}{{$t}}{{end}}", "a,b")]
#[case("{{range .none}}x{{else}}nothing{{end}}", "nothing")]
#[case(
    "{{if eq .state \"exited\" \"dead\"}}bad{{else if gt .restarts 2}}hm{{else}}ok{{end}}",
    "hm"
)]
#[case(
    "{{if and .name (not .health)}}y{{end}}{{or .health \"none\"}}",
    "ynone"
)]
#[case("{{$x := .name}}{{$x}}{{$.state}}", "webrunning")]
#[case("a {{- .name -}} b", "awebb")]
#[case("{{/* a comment */}}x", "x")]
#[case(
    "{{printf \"%-5s|%3d|%q|%.1f%%\" .name .restarts .name 1.25}}",
    "web  |  3|\"web\"|1.2%"
)]
#[case("{{.health | default \"-\"}}", "-")]
#[case("{{(index .ports 0).private}}", "80")]
#[case("{{`raw \"x\"`}}{{println .name}}", "raw \"x\"web\n")]
#[case("{{.}}", "")]
fn templates_render(#[case] source: &str, #[case] expected: &str) {
    let item = item();
    let rendered = Template::parse(source).unwrap().render(&item).unwrap();
    let expected = if source == "{{.}}" {
        item.to_string()
    } else {
        expected.to_owned()
    };
    assert_eq!(rendered, expected, "{source}");
}

#[rstest]
#[case("{{.name}", "the braces are not closed", 0)]
#[case("a {{.name", "the braces are not closed", 2)]
#[case("{{nmae}}", "no function is called \"nmae\"", 2)]
#[case("{{.name .state}}", "only a function takes arguments", 8)]
#[case("{{if .name}}x", "this has no {{end}}", 0)]
#[case("x{{end}}", "\"end\" without something it ends", 1)]
#[case("{{}}", "a value is missing", 2)]
#[case("{{.a |}}", "a value is missing", 6)]
#[case("{{(.a}}", "a closing parenthesis is missing", 5)]
#[case("{{\"a}}", "the quote is not closed", 2)]
#[case("{{if .a}}1{{else}}2{{else}}3{{end}}", "a second else", 19)]
#[case("{{template \"x\"}}", "\"template\" is not supported", 0)]
#[case("{{.a ; .b}}", "';' is not expected here", 5)]
fn mistakes_say_where(#[case] source: &str, #[case] message: &str, #[case] at: usize) {
    let e = Template::parse(source).unwrap_err();
    let expected = format!("template: {message}\n  {source}\n  {:at$}^", "");
    assert_eq!(e.message(), expected);
}

#[rstest]
#[case(
    "{{.nmae}}",
    "no field is called \"nmae\"",
    Some("did you mean .name?")
)]
#[case("{{index .tags 7}}", "index: there is no element 7 of 2", None)]
#[case("{{join .name \",\"}}", "join: takes a list and a separator", None)]
#[case("{{$x}}", "$x is not set", None)]
fn what_cannot_be_filled_in_says_why(
    #[case] source: &str,
    #[case] message: &str,
    #[case] hint: Option<&str>,
) {
    let e = Template::parse(source)
        .unwrap()
        .render(&item())
        .unwrap_err();
    let first = e.message().lines().next().unwrap();
    assert_eq!(first, format!("template: {message}"));
    assert_eq!(e.hint(), hint);
}

#[test]
fn the_caret_stands_on_the_right_line() {
    let e = Template::parse("first\n漢 {{oops}} x").unwrap_err();
    insta::assert_snapshot!(e.message(), @r#"
    template: no function is called "oops"
      漢 {{oops}} x
           ^
    "#);
}

proptest::proptest! {
    #[test]
    fn no_template_makes_it_panic(source in "([a-z .$|()\"`{}0-9-]|\\{\\{|\\}\\}|range |if |end|é)*") {
        if let Ok(template) = Template::parse(&source) {
            let _ = template.render(&item());
        }
    }
}
