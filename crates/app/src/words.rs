//! The words that this program writes itself: see [`sysbus::spare_words`].

use std::{collections::HashSet, sync::OnceLock};

use livebox::{Lang, ToolDef};

/// Members and values of MCP messages, and what we are talking about all the time.
const FIXED: &str = "jsonrpc method params result error code message data content structuredContent type text \
    isError _meta progress progressToken total tools name title description inputSchema outputSchema annotations \
    readOnlyHint destructiveHint idempotentHint openWorldHint capabilities serverInfo version protocolVersion \
    instructions resultType ttlMs cacheScope complete inputRequests requestState requestedSchema elicitation create \
    admin livebox orange box password secret trace debug info warn error";

/// Whether the program writes this word: names of tools, arguments and fields, values of enumerations, words of
/// descriptions. Upper and lower case do not count.
pub(crate) fn is_ours(word: &str) -> bool {
    static WORDS: OnceLock<HashSet<String>> = OnceLock::new();
    WORDS.get_or_init(|| words(livebox::tools())).contains(&word.to_ascii_lowercase())
}

fn words(tools: impl Iterator<Item = &'static ToolDef>) -> HashSet<String> {
    let mut words = HashSet::new();
    let mut add = |text: &str| {
        for word in text.split(|char: char| !(char.is_alphanumeric() || matches!(char, '-' | '_'))) {
            words.insert(word.to_ascii_lowercase());
            words.extend(word.split(['-', '_']).map(str::to_ascii_lowercase));
        }
        words.remove("");
    };
    add(FIXED);
    for def in tools {
        for text in
            [def.group.english, def.group.french, &def.name(), &def.words(), def.verb, &def.description()]
        {
            add(text);
        }
        add(&def.summary(Lang::Fr));
        def.french.args.iter().for_each(|(_, help)| add(help));
        for schema in [(def.input_schema)(), (def.output_schema)()] {
            add(&serde_json::Value::Object(schema).to_string());
        }
    }
    words.remove("");
    words
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn words_of_the_program_are_known() {
        for word in
            ["livebox", "Livebox", "admin", "internet", "structuredContent", "already_so", "port", "mac"]
        {
            assert!(is_ours(word), "{word}");
        }
        for word in ["", "doudou", "correcthorsebattery", "q7Wm"] {
            assert!(!is_ours(word), "{word}");
        }
    }
}
