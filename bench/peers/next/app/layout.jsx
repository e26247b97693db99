// What for: the frame around every page of the Next.js peer.

import "./style.css";

export const metadata = { title: "Next.js and Scalekit" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <a className="skip" href="#main">Skip to content</a>
        {children}
        <footer className="footer"><p>Next.js and Scalekit</p></footer>
      </body>
    </html>
  );
}
