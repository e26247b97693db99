//! What several pages share and the server alone draws.
//!
//! - [`frame`]: header, rail, main and footer around every page.
//! - [`problem`]: how an [`AppError`](crate::error::AppError) looks, as a whole page or as part of one.
//! - The rest are small pieces: [`brand`], [`copy_button`], [`icons`], [`skip_link`], [`theme_switch`].
//!
//! What goes on living in the browser is in `islands`.

pub mod brand;
pub mod copy_button;
pub mod frame;
pub mod icons;
pub mod problem;
pub mod skip_link;
pub mod theme_switch;
