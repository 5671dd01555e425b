//! The tools about the speed of the connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{BoxResult, CERTAINTY, Measured, SpeedTest, meter, server::Server, wire};
use crate::{
    Access, Context, French, Group, Message, Read, Tool, ToolDef, ToolError, connection::link_rates_bps, say,
};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowSpeed>(), ToolDef::read::<TestSpeed>()];

const SPEED: Group = Group {
    name: "speed",
    english: "The speed of the Internet connection",
    french: "Le débit de la connexion à Internet",
};

/// Shows the last speed test that the box ran by itself.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowSpeed {}

impl Tool for ShowSpeed {
    type Output = BoxResult;
    const GROUP: &'static Group = &SPEED;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French =
        French { about: "Montre le dernier test de débit que la box a fait par elle-même.", args: &[] };
}

impl Read for ShowSpeed {
    async fn run(self, cx: &Context) -> Result<BoxResult, ToolError> {
        let results = cx.read_if_present(&wire::GetWanResults {}).await?.ok_or_else(|| {
            ToolError::Unavailable(say!(
                "This box keeps no speed test of its own; speed_test measures from this computer.",
                "Cette box ne garde pas de test de débit ; speed_test mesure depuis cet ordinateur."
            ))
        })?;
        Ok(with_link(cx, &results).await)
    }
}

/// The box's result; the link is asked only where there is a rate to be judged by it.
async fn with_link(cx: &Context, results: &wire::WanResults) -> BoxResult {
    results.result(if results.has_run() == Some(true) { link_rates_bps(cx).await } else { (None, None) })
}

/// Measures download, upload and latency from this computer; takes about 12 seconds.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestSpeed {}

impl Tool for TestSpeed {
    type Output = SpeedTest;
    const GROUP: &'static Group = &SPEED;
    const VERB: &'static str = "test";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Mesure les débits descendant et montant et la latence depuis cet ordinateur ; dure environ 12 secondes.",
        args: &[],
    };
    const OPEN_WORLD: bool = true;
}

impl Read for TestSpeed {
    async fn run(self, cx: &Context) -> Result<SpeedTest, ToolError> {
        let reason = match measure(cx, cx.speed_url()?).await {
            Ok(measured) => {
                return Ok(SpeedTest { measured: Some(measured), reason: None, box_result: None });
            }
            Err(reason) => reason,
        };
        let known = cx.read_optional(&wire::GetWanResults {}).await.ok().flatten();
        match known.filter(|results| results.has_run() == Some(true)) {
            Some(results) => Ok(SpeedTest {
                measured: None,
                reason: Some(reason),
                box_result: Some(with_link(cx, &results).await),
            }),
            None => Err(ToolError::Failed(nothing(&reason))),
        }
    }
}

fn nothing(reason: &Message) -> Message {
    let (english, french) = (reason.text(crate::Lang::En), reason.text(crate::Lang::Fr));
    say!(
        "The speed could not be measured: {english} The box has no result of its own either. Check connection_show, or give another server in LIVEBOX_SPEED_URL.",
        "Le débit n'a pas pu être mesuré : {french} La box n'a pas non plus de résultat. Regardez connection_show, ou donnez un autre serveur dans LIVEBOX_SPEED_URL."
    )
}

async fn measure(cx: &Context, url: Option<&Url>) -> Result<Measured, Message> {
    let server = Server::find(url).await?;
    // Each figure stands by itself: one that fails is null, with its reason, unless all do.
    let mut problems = Vec::new();
    let latency = meter::latency(&server).await.map_err(|problem| problems.push(problem)).ok();
    let down_bps = meter::download(cx, &server).await.map_err(|problem| problems.push(problem)).ok();
    let up_bps = meter::upload(cx, &server).await.map_err(|problem| problems.push(problem)).ok();
    let missing = problems.into_iter().next();
    if down_bps.is_none() && up_bps.is_none() {
        return Err(missing.unwrap_or_else(|| say!("nothing was measured.", "rien n'a été mesuré.")));
    }
    Ok(Measured {
        server: server.name(),
        from: "this computer",
        down_bps,
        up_bps,
        latency_ms: latency.map(|(median, _)| median),
        jitter_ms: latency.map(|(_, jitter)| jitter),
        missing,
        certainty: CERTAINTY,
    })
}
