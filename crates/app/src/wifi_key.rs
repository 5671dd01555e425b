//! `wifi-key show`: a network's key and QR code, for the person at this terminal and nobody else.
//!
//! It is no tool: a model's client never sees it, and its output goes to a terminal or to a file that only its owner
//! can read, never into a pipe or JSON, where others would read it.

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use livebox::{Caller, Lang, Page, ToolError, WifiAccess, say};
use qrcodegen::{QrCode, QrCodeEcc};
use sysbus::Secret;
use vault::Handle;

use crate::{cli::global_id, config::Settings, run::block_on, terminal};

/// Light modules around a QR code, without which scanners do not see where it ends.
const MARGIN: i32 = 4;
/// Pixels of a module in a picture: about 6 cm on paper for a usual code.
const PIXELS: i32 = 12;

/// Its command.
pub(crate) fn command(lang: Lang) -> Command {
    Command::new("show")
        .about(lang.pick(
            "Show a Wi-Fi network's key to you, at this terminal only",
            "Vous montrer la clé d'un réseau Wi-Fi, dans ce terminal seulement",
        ))
        .after_help(
            lang.pick(
                "Example: livebox-mcp wifi-key show 5 --qr",
                "Exemple : livebox-mcp wifi-key show 5 --qr",
            ),
        )
        .arg(Arg::new("network").required(true).value_name(lang.pick("NETWORK", "RÉSEAU")).help(lang.pick(
            "SSID, band or id; or the handle of a kept key (key-7f3k)",
            "Nom du réseau (SSID), bande ou identifiant ; ou le nom d'une clé gardée (key-7f3k)",
        )))
        .arg(Arg::new("qr").long("qr").action(ArgAction::SetTrue).help(
            lang.pick(
                "Also the QR code by which phones join",
                "Aussi le QR code qui connecte les téléphones",
            ),
        ))
        .arg(
            Arg::new("output")
                .long("output")
                .value_name(lang.pick("FILE", "FICHIER"))
                .value_parser(value_parser!(PathBuf))
                .help(lang.pick(
                    "Write the QR code into this new file instead (.svg or .png), readable by you only",
                    "Écrire plutôt le QR code dans ce nouveau fichier (.svg ou .png), lisible par vous seul",
                )),
        )
}

/// Runs it.
pub(crate) fn show(matches: &ArgMatches, lang: Lang) -> Result<(), ToolError> {
    let output = matches.get_one::<PathBuf>("output");
    if matches.get_flag(&global_id("json")) {
        return Err(refused());
    }
    if output.is_none() && !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        return Err(refused());
    }
    let picture = output.map(|path| Picture::of(path)).transpose()?;
    let settings = Settings::read(matches, lang)?;
    let network = matches.get_one::<String>("network").map(String::as_str).unwrap_or_default();
    if let Some(key) = kept(&settings, network)? {
        if output.is_some() || matches.get_flag("qr") {
            return Err(ToolError::Arguments(say!(
                "A kept key alone names no network, so it has no QR code: give the network instead.",
                "Une clé gardée ne nomme aucun réseau, donc elle n'a pas de QR code : donnez plutôt le réseau."
            )));
        }
        tell_key(Page::new(), &key, lang);
        return Ok(());
    }
    let cx = settings.context(false)?;
    if let Some(look) = livebox::find("wifi_show") {
        livebox::invoke::permit(&cx.policy()?, look, Caller::CommandLine)?;
    }
    let access = block_on(livebox::wifi_access(&cx, network))?;
    match (output, picture) {
        (Some(path), Some(picture)) => {
            write_new(path, &picture.draw(&code(&access)?)?)?;
            let path = path.display();
            let said = say!(
                "The QR code is in {path}, which only you can read. Whoever scans it joins the network.",
                "Le QR code est dans {path}, que vous seul pouvez lire. Qui le scanne rejoint le réseau."
            );
            terminal::print(said.text(lang));
        }
        _ => tell(&access, matches.get_flag("qr"), lang)?,
    }
    Ok(())
}

fn refused() -> ToolError {
    ToolError::NotPermitted(say!(
        "A key is only shown to a person in an interactive terminal, never in JSON or through a pipe. `--output FILE.svg` (or .png) writes its QR code into a file that only you can read.",
        "Une clé n'est montrée qu'à une personne dans un terminal interactif, jamais en JSON ni dans un tube. `--output FICHIER.svg` (ou .png) écrit son QR code dans un fichier que vous seul pouvez lire."
    ))
}

/// The key of that handle, if it is one.
fn kept(settings: &Settings, text: &str) -> Result<Option<Secret>, ToolError> {
    match (&settings.vault, text.parse::<Handle>()) {
        (Some(vault), Ok(handle)) => Ok(vault.get(&handle)?),
        _ => Ok(None),
    }
}

fn tell(access: &WifiAccess, qr: bool, lang: Lang) -> Result<(), ToolError> {
    let page = Page::new()
        .fact(lang.pick("Network", "Réseau"), framed(access.whole_name()))
        .fact_if(lang.pick("Security", "Sécurité"), access.security.as_ref().map(livebox::Untrusted::shown));
    match &access.key {
        Some(key) => tell_key(page, key, lang),
        None => terminal::print(
            &page
                .fact(lang.pick("Key", "Clé"), lang.pick("none: open network", "aucune : réseau ouvert"))
                .aligned(),
        ),
    }
    if qr {
        terminal::print_as_it_is(&blocks(&code(access)?));
    }
    Ok(())
}

/// The one place where a key is printed.
fn tell_key(page: Page, key: &Secret, lang: Lang) {
    terminal::print_as_it_is(&with_key(page, key, lang).aligned());
}

fn with_key(page: Page, key: &Secret, lang: Lang) -> Page {
    let key = sysbus::visible(key.expose()).into_owned();
    let note = has_blanks(&key).then(|| {
        lang.pick(
            "The key starts or ends with a blank: all that stands between the outer quotes is the key, not the quotes themselves.",
            "La clé commence ou finit par un espace : tout ce qui est entre les guillemets extérieurs est la clé, mais pas ces guillemets.",
        )
    });
    page.fact(lang.pick("Key", "Clé"), framed(key)).note(note)
}

/// A value between quotes where it starts or ends with blanks, which nobody would see.
fn framed(text: String) -> String {
    if has_blanks(&text) { format!("\"{text}\"") } else { text }
}

fn has_blanks(text: &str) -> bool {
    text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace)
}

fn code(access: &WifiAccess) -> Result<QrCode, ToolError> {
    QrCode::encode_text(access.qr_text().expose(), QrCodeEcc::Medium).map_err(|_| {
        ToolError::Failed(say!("No QR code holds that much.", "Aucun QR code n'en contient autant."))
    })
}

/// For a terminal: two modules a character, black on white whatever its colours are.
fn blocks(code: &QrCode) -> String {
    let mut text = String::new();
    for y in (-MARGIN..code.size() + MARGIN).step_by(2) {
        text.push_str("\u{1b}[38;5;16;48;5;231m");
        for x in -MARGIN..code.size() + MARGIN {
            text.push(match (code.get_module(x, y), code.get_module(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str("\u{1b}[0m\n");
    }
    text.trim_end().to_owned()
}

/// Forms of pictures.
#[derive(Clone, Copy)]
enum Picture {
    Svg,
    Png,
}

impl Picture {
    fn of(path: &Path) -> Result<Self, ToolError> {
        let extension =
            path.extension().and_then(|text| text.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => Err(ToolError::Arguments(say!(
                "Give the file a name in .svg or .png.",
                "Donnez au fichier un nom en .svg ou .png."
            ))),
        }
    }

    fn draw(self, code: &QrCode) -> Result<Vec<u8>, ToolError> {
        match self {
            Self::Svg => Ok(svg(code).into_bytes()),
            Self::Png => png(code).map_err(|error| {
                ToolError::Failed(say!("No picture could be made: {error}.", "Image impossible : {error}."))
            }),
        }
    }
}

fn svg(code: &QrCode) -> String {
    let size = code.size() + 2 * MARGIN;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            // Writing to a text cannot fail.
            let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
        }
    }
    let pixels = size * PIXELS;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" viewBox=\"0 0 {size} {size}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0,0h{size}v{size}h-{size}z\"/><path d=\"{path}\"/></svg>\n"
    )
}

fn png(code: &QrCode) -> Result<Vec<u8>, png::EncodingError> {
    let pixels = (code.size() + 2 * MARGIN) * PIXELS;
    let mut rows = Vec::new();
    for y in 0..pixels {
        for x in (0..pixels).step_by(8) {
            // One bit a pixel, 1 is white; the bits beyond the last pixel do not matter.
            let light = |bit: i32| !code.get_module((x + bit) / PIXELS - MARGIN, y / PIXELS - MARGIN);
            rows.push((0..8).fold(0_u8, |byte, bit| byte << 1 | u8::from(light(bit))));
        }
    }
    let side = pixels.unsigned_abs();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rows)?;
    writer.finish()?;
    Ok(file)
}

/// Writes a new file for its owner only. One that exists stays: it may be readable by others, or worth keeping.
fn write_new(path: &Path, content: &[u8]) -> Result<(), ToolError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    written.map_err(|error| {
        let path = path.display();
        ToolError::Failed(match error.kind() {
            io::ErrorKind::AlreadyExists => say!(
                "{path} exists already, and is left as it is: name a new file.",
                "{path} existe déjà et reste tel quel : donnez le nom d'un nouveau fichier."
            ),
            _ => say!("{path} could not be written: {error}.", "{path} n'a pas pu être écrit : {error}."),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> QrCode {
        QrCode::encode_text("WIFI:T:WPA;S:Maison;P:tk7w-m3hp-9xqd-r2fv-c8nz;;", QrCodeEcc::Medium).unwrap()
    }

    /// The modules of a picture in the terminal, margin included.
    fn modules(code: &QrCode) -> Vec<bool> {
        let range = || -MARGIN..code.size() + MARGIN;
        range().flat_map(|y| range().map(move |x| (x, y))).map(|(x, y)| code.get_module(x, y)).collect()
    }

    #[test]
    fn blanks_at_the_edges_of_a_key_are_seen() {
        let shown = |key: &str, lang| with_key(Page::new(), &Secret::new(key), lang).aligned();
        assert_eq!(shown("tk7w m3hp", Lang::En), "Key  tk7w m3hp");
        for key in [" tk7w-m3hp", "tk7w-m3hp  ", "  \"quoted\" "] {
            let english = shown(key, Lang::En);
            assert!(english.starts_with(&format!("Key  \"{key}\"\n")), "{english}");
            assert!(english.ends_with("not the quotes themselves."), "{english}");
            let french = shown(key, Lang::Fr);
            assert!(french.contains(&format!("\"{key}\"")) && french.contains("un espace"), "{french}");
        }
        assert_eq!(framed(" Maison".to_owned()), "\" Maison\"");
    }

    #[test]
    fn every_form_shows_the_same_modules() {
        let code = sample();
        let size = usize::try_from(code.size() + 2 * MARGIN).unwrap();
        let wanted = modules(&code);
        assert!(wanted.iter().any(|dark| *dark) && wanted.len() == size * size);

        let text = blocks(&code);
        let lines: Vec<&str> = text.lines().map(|line| line.split('m').nth(1).unwrap()).collect();
        let mut seen = vec![false; size * size];
        for (row, line) in lines.iter().enumerate() {
            for (column, char) in line.trim_end_matches("\u{1b}[0").chars().enumerate() {
                for (half, dark) in [(0, matches!(char, '█' | '▀')), (1, matches!(char, '█' | '▄'))] {
                    if let Some(module) = seen.get_mut((2 * row + half) * size + column) {
                        *module = dark;
                    }
                }
            }
        }
        assert_eq!(seen, wanted);

        let svg = svg(&code);
        for (index, dark) in wanted.iter().enumerate() {
            assert_eq!(svg.contains(&format!("M{},{}h1v1", index % size, index / size)), *dark, "{index}");
        }

        let file = png(&code).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (reader.info().width, info.width));
        let scale = usize::try_from(PIXELS).unwrap();
        let light = |x: usize, y: usize| pixels[y * info.line_size + x / 8] >> (7 - x % 8) & 1 == 1;
        for (index, dark) in wanted.iter().enumerate() {
            let (x, y) = (index % size * scale, index / size * scale);
            assert!([0, scale - 1].iter().all(|inset| light(x + inset, y + inset) != *dark), "{index}");
        }
    }
}
