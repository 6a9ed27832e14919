// plotly.js as Streamlit has loaded it for a chart of its own, the one thing here that no public name stands for: a
// component cannot bring its own copy, since all of its script is sent again with every message to it. A browser that
// has it not within this time gets charts of `st.plotly_chart` instead.
const LONGEST_WAIT = 120000 // milliseconds

async function plotly() {
  const began = performance.now()
  while (!window.Plotly?.react && performance.now() - began < LONGEST_WAIT)
    await new Promise((over) => setTimeout(over, 50))
  return window.Plotly?.react ? window.Plotly : null
}

