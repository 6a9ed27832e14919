# Descent Lab in a container: docker build -t descent-lab . && docker run --rm -p 8501:8501 descent-lab
FROM python:3.13-slim

RUN useradd --create-home lab
WORKDIR /home/lab/app
COPY --chown=lab . .
RUN pip install --no-cache-dir .
USER lab

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"
CMD ["streamlit", "run", "dashboard.py", "--server.headless=true", "--server.address=0.0.0.0", "--server.port=8501"]
