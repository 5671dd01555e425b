//! Finds the session cookie in an answer. By hand: its name, `<8 hex>/sessid`, holds a `/`, which HTTP forbids
//! in a cookie name, and cookie libraries drop it without a word (protocol section 1.4).

use std::fmt;

use zeroize::Zeroizing;

use crate::Secret;

/// The session cookie of the box. Prints as stars; its value is a secret like any other.
pub(crate) struct Cookie {
    /// The build id in front of the name's slash.
    build: String,
    value: Secret,
}

impl Cookie {
    /// The session cookie among the `Set-Cookie` lines of one answer. Lines that clear it and cookies of the web
    /// page are passed over; the last one that sets it counts.
    pub(crate) fn find<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        lines.into_iter().filter_map(Self::read).last()
    }

    /// Reads one line. The value may hold `+`, `/` and `=`: only the first `=` separates.
    fn read(line: &[u8]) -> Option<Self> {
        let pair = line.split(|byte| *byte == b';').next()?;
        let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let id = name.strip_suffix("/sessid")?;
        let valid_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let valid_value = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_graphic());
        (valid_id && valid_value).then(|| Self { build: id.to_owned(), value: Secret::new(value) })
    }

    /// What the `Cookie` header of later calls holds.
    pub(crate) fn pair(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}/sessid={}", self.build, self.value.expose()))
    }

    /// The web server's build id: the same for all boxes of one firmware, another after an update.
    pub(crate) fn build(&self) -> &str {
        &self.build
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(***)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Cookie;

    fn find(lines: &[&str]) -> Option<String> {
        Cookie::find(lines.iter().map(|line| line.as_bytes())).map(|cookie| cookie.pair().to_string())
    }

    #[test]
    fn the_name_holds_a_slash_and_the_value_anything_of_base64() {
        let line = "475ec806/sessid=Tg1OUU6Q/QhKhY9Q1UpMki+==; path=/; SameSite=Strict; HttpOnly";
        assert_eq!(find(&[line]).unwrap(), "475ec806/sessid=Tg1OUU6Q/QhKhY9Q1UpMki+==");
        assert_eq!(Cookie::find([line.as_bytes()]).unwrap().build(), "475ec806");
    }

    #[test]
    fn the_last_line_that_sets_it_counts() {
        let lines = [
            "475ec806/sessid=old; path=/",
            "475ec806/accept-language=fr,fr; path=/",
            "475ec806/sessid=new; path=/",
            "475ec806/sessid=; expires=Thu, 01-Jan-1970 00:00:00 GMT; path=/",
            "sah/contextId=abc",
        ];
        assert_eq!(find(&lines).unwrap(), "475ec806/sessid=new");
    }

    #[test]
    fn other_cookies_are_no_session() {
        for line in
            ["", "=", "sessid=x", "/sessid=x", "zz/sessid=x", "475ec806/sessid", "475ec806/sessid= ; a=b"]
        {
            assert_eq!(find(&[line]), None, "{line}");
        }
    }

    #[test]
    fn it_prints_as_stars() {
        let cookie = Cookie::find([b"475ec806/sessid=secret".as_slice()]).unwrap();
        assert_eq!(format!("{cookie:?}"), "Cookie(***)");
    }

    proptest! {
        #[test]
        fn no_line_is_too_odd(lines: Vec<Vec<u8>>) {
            if let Some(cookie) = Cookie::find(lines.iter().map(Vec::as_slice)) {
                prop_assert!(cookie.pair().is_ascii());
            }
        }

        #[test]
        fn a_good_cookie_is_never_lost(id in "[0-9a-f]{8}", value in "[A-Za-z0-9+/]{1,40}={0,2}", rest in "(; [a-zA-Z=/]{0,20}){0,4}") {
            let line = format!("{id}/sessid={value}{rest}");
            let cookie = Cookie::find([line.as_bytes()]).unwrap();
            prop_assert_eq!(cookie.pair().to_string(), format!("{id}/sessid={value}"));
            prop_assert_eq!(cookie.build(), id);
        }
    }
}
